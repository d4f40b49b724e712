import { ENCODINGS, type Encoding } from './encodings.ts';
import { AssemblerError } from './error.ts';
import { HELPER_IDS, helperName } from './helper-ids.ts';
import type { Instruction, Label } from './instruction.ts';
import { encodingOf, instructionFrom } from './slot.ts';

const PLACEHOLDER = /\{(\w+)(:x)?\}/g;
const LABEL = '[A-Za-z_.$][\\w.$]*';
const NUMBER = '-?(?:0x[0-9a-fA-F]+|\\d+)';

/** What each operand looks like when read; everything else is a number. */
const patterns: Readonly<Record<string, string>> = {
  dst: '\\d+',
  src: '\\d+',
  off: '[+-] ?\\d+',
  target: `(?:pc)?[+-]\\d+|${LABEL}`,
  map: `fd:-?\\d+|${LABEL}`,
  helper: '\\w*#-?\\d+|bpf_\\w+',
};

/**
 * One instruction in the kernel's syntax: `r0 = *(u16 *)(r4 +12)`, `if w2 != 0x8 goto +3`.
 * 64-bit constants end in `ll`; map names stand in `map[name]`.
 */
export function format(instruction: Instruction): string {
  const { text } = encodingOf(instruction);
  const values = new Map<string, string | number | bigint>(Object.entries(instruction));
  return text.replace(PLACEHOLDER, (_, name: string, hex: string | undefined) =>
    print(name, values.get(name) ?? '', hex !== undefined),
  );
}

function print(name: string, value: string | number | bigint, hex: boolean): string {
  if (typeof value === 'bigint') return `0x${BigInt.asUintN(64, value).toString(16)}`;
  if (typeof value === 'string') return value;
  if (name === 'off' || name === 'target') return value < 0 ? `${value}` : `+${value}`;
  if (name === 'map') return `fd:${value}`;
  if (name === 'helper') return `${helperName(value) === undefined ? '' : `bpf_${helperName(value)}`}#${value}`;
  return hex ? `0x${(value >>> 0).toString(16)}` : `${value}`;
}

type Reader = { readonly encoding: Encoding; readonly pattern: RegExp };

const escaped = (text: string) => text.replace(/[.*+?^$()|[\]\\/]/g, '\\$&').replaceAll(' ', '\\s*');

function reader(encoding: Encoding): Reader {
  const seen = new Set<string>();
  const source = encoding.text
    .split(/(\{[^}]*\})/)
    .map((part) => {
      const name = /^\{(\w+)/.exec(part)?.[1];
      if (name === undefined) return escaped(part);
      if (seen.has(name)) return `\\k<${name}>`;
      seen.add(name);
      return `(?<${name}>${patterns[name] ?? NUMBER})`;
    })
    .join('');
  return { encoding, pattern: new RegExp(`^${source}$`) };
}

const readers: readonly Reader[] = ENCODINGS.map(reader);

/**
 * Reads one instruction in the syntax {@link format} writes, and as the kernel's verifier log and bpftool print it
 * (`5: (b7) r0 = 1`, `goto pc+3`); a target may be a label.
 * @throws AssemblerError when the text is no instruction.
 */
export function parse(text: string): Instruction {
  const line = text.trim().replace(/^\d+:\s*(?:\([0-9a-f]{2}\)\s*)?/, '');
  for (const { encoding, pattern } of readers) {
    const match = pattern.exec(line);
    if (match) return read(encoding, match.groups ?? {}, text);
  }
  throw new AssemblerError(
    `"${text.trim()}" is not an instruction`,
    'write it as bpftool prints it, e.g. "r0 = r1" or "exit"',
  );
}

function read({ op, form, text }: Encoding, groups: Readonly<Record<string, string>>, line: string): Instruction {
  const unsigned = form.width === 32 || text.includes('{imm:x}');
  const values: Record<string, string | number | bigint> = { op, ...form };
  for (const [name, value] of Object.entries(groups)) {
    const operand = readOperand(name, value, line);
    values[name] = name === 'imm' && unsigned && typeof operand === 'number' ? signed32(operand) : operand;
  }
  return instructionFrom(values);
}

function readOperand(name: string, value: string, line: string): string | number | bigint {
  if (name === 'helper') return helperNumber(value, line);
  if (name === 'imm64') return value.startsWith('-') ? -BigInt(value.slice(1)) : BigInt(value);
  if (name === 'map') return value.startsWith('fd:') ? Number(value.slice(3)) : value;
  if (name === 'target') return /^(?:pc)?[+-]/.test(value) ? Number(value.replace('pc', '')) : value;
  return value.startsWith('-') ? -Number(value.slice(1).trim()) : Number(value.replace(/^\+ ?/, ''));
}

/** Comparisons and 32-bit operations see only the low half, so 0xffffffff may stand for -1. */
function signed32(value: number): number {
  return value > 0x7fff_ffff && value <= 0xffff_ffff ? value | 0 : value;
}

function helperNumber(value: string, line: string): number {
  const [name = '', number] = value.split('#');
  const id = HELPER_IDS.get(name.replace(/^bpf_/, ''));
  if (number !== undefined && (id === undefined || id === Number(number))) return Number(number);
  if (number === undefined && id !== undefined) return id;
  throw new AssemblerError(
    `"${line.trim()}" names no kernel helper`,
    'name and number must agree with enum bpf_func_id; subprogram labels must not start with "bpf_"',
  );
}

/**
 * Reads a whole program: one instruction or `label:` per line; `;` or `//` start a comment.
 * @throws AssemblerError with the line number.
 */
export function parseProgram(text: string): (Instruction | Label)[] {
  return text.split('\n').flatMap((line, index): (Instruction | Label)[] => {
    const code = line.replace(/(?:;|\/\/).*$/, '').trim();
    if (code === '') return [];
    const name = new RegExp(`^(${LABEL}):$`).exec(code)?.[1];
    if (name !== undefined) return [Object.freeze({ op: 'label', name } as const)];
    try {
      return [parse(code)];
    } catch (error) {
      if (!(error instanceof AssemblerError)) throw error;
      throw new AssemblerError(`line ${index + 1}: ${error.message}`, error.hint);
    }
  });
}
