import type { Instruction, Label } from './instruction.ts';
import { parseProgram } from './text.ts';

/** A case of the bpf_conformance collection: a program, the memory it is called with, what it returns. */
export type ConformanceVector = {
  readonly program: readonly (Instruction | Label)[];
  /** Passed in r1, its length in r2. */
  readonly memory: Uint8Array;
  readonly result: bigint;
  /** Expected encoding, one number a slot; empty when the case has none. */
  readonly raw: readonly bigint[];
};

/** Reads a `.data` file of that collection. Its assembler syntax is ubpf's (`ldxw %r0, [%r1+4]`), not the kernel's. */
export function readConformanceVector(text: string): ConformanceVector {
  const sections = new Map(
    text.split(/^-- /m).map((part) => [part.slice(0, part.indexOf('\n')).trim(), part.slice(part.indexOf('\n') + 1)]),
  );
  const lines = (sections.get('asm') ?? '').split('\n').map((line) => line.replace(/#.*/, '').trim());
  // Jumps may name the first exit "exit" without a label there.
  if (!lines.includes('exit:')) lines.splice(lines.indexOf('exit'), 0, 'exit:');
  return {
    program: parseProgram(lines.map(kernelSyntax).join('\n')),
    memory: Uint8Array.from((sections.get('mem') ?? '').match(/[0-9a-f]{2}/gi) ?? [], (byte) =>
      Number.parseInt(byte, 16),
    ),
    result: BigInt.asUintN(64, BigInt((sections.get('result') ?? '').trim())),
    raw: (sections.get('raw') ?? '').match(/0x[0-9a-f]+/gi)?.map(BigInt) ?? [],
  };
}

const operators: Readonly<Record<string, string>> = {
  ...{ mov: '=', add: '+=', sub: '-=', mul: '*=', div: '/=', sdiv: 's/=', mod: '%=', smod: 's%=' },
  ...{ or: '|=', and: '&=', xor: '^=', lsh: '<<=', rsh: '>>=', arsh: 's>>=' },
};
const comparisons: Readonly<Record<string, string>> = {
  ...{ jeq: '==', jne: '!=', jset: '&', jgt: '>', jge: '>=', jlt: '<', jle: '<=' },
  ...{ jsgt: 's>', jsge: 's>=', jslt: 's<', jsle: 's<=' },
};
const sizes: Readonly<Record<string, string>> = {
  b: 'u8',
  h: 'u16',
  w: 'u32',
  dw: 'u64',
  sb: 's8',
  sh: 's16',
  sw: 's32',
};

/** Its 32-bit constants may be written unsigned. */
const constant = (text: string) => (/^[-\d]/.test(text) ? `${BigInt.asIntN(32, BigInt(text))}` : text);
const narrow = (bits: string, text: string) => (bits === '32' ? text.replace(/^r/, 'w') : text);

function address(text: string): string {
  const [, base, sign = '+', off = '0'] = /^\[(r\d+)(?:([+-])(\w+))?\]$/.exec(text) ?? [];
  return `(${base} ${sign}${Number(off)})`;
}

type Rule = readonly [pattern: RegExp, text: (operation: string, bits: string, ...operands: string[]) => string];
/** The operands are separated by single spaces, registers have lost their `%`. */
const rules: readonly Rule[] = [
  [/^(lddw)() (\S+) (\S+)$/, (_op, _bits, to, value) => `${to} = ${value} ll`],
  [/^(ja)() (\S+)$/, (_op, _bits, target) => `goto ${target}`],
  [/^(ja)(32) (\S+)$/, (_op, _bits, target) => `gotol ${target}`],
  [/^(call)() local (\S+)$/, (_op, _bits, target) => `call ${target}`],
  [/^(call)() (\d+)$/, (_op, _bits, helper) => `call #${helper}`],
  [/^(neg)(32|) (\S+)$/, (_op, bits, r = '') => `${narrow(bits, r)} = -${narrow(bits, r)}`],
  [/^(be|le|bswap)(\d\d) (\S+)$/, (op, bits, r) => `${r} = ${op}${bits} ${r}`],
  [/^(swap)(\d\d) (\S+)$/, (_op, bits, r) => `${r} = bswap${bits} ${r}`],
  [
    /^(movsx\d+)(32|64) (\S+) (\S+)$/,
    (op, bits, to = '', from = '') => `${narrow(bits, to)} = (s${op.slice(5)})${narrow(bits, from)}`,
  ],
  [/^ldx([a-z]+)() (\S+) (\S+)$/, (size, _bits, to, at = '') => `${to} = *(${sizes[size]} *)${address(at)}`],
  [
    /^stx?([a-z]+)() (\S+) (\S+)$/,
    (size, _bits, at = '', from = '') => `*(${sizes[size]} *)${address(at)} = ${constant(from)}`,
  ],
  [/^lock ([a-z]+)(32|) (\S+) (\S+)$/, (op, bits, at = '', from = '') => locked(op, bits, at, from)],
  [/^lock fetch ([a-z]+)(32|) (\S+) (\S+)$/, (op, bits, at = '', from = '') => fetching(`fetch_${op}`, bits, at, from)],
  [
    /^(j[a-z]+)(32|) (\S+) (\S+) (\S+)$/,
    (op, bits, a = '', b = '', to = '') =>
      `if ${narrow(bits, a)} ${comparisons[op]} ${narrow(bits, constant(b))} goto ${to}`,
  ],
  [
    /^([a-z]+)(32|) (\S+) (\S+)$/,
    (op, bits, to = '', from = '') => `${narrow(bits, to)} ${operators[op]} ${narrow(bits, constant(from))}`,
  ],
];

function locked(op: string, bits: string, at: string, from: string): string {
  if (op === 'xchg') return fetching(op, bits, at, from);
  if (op === 'cmpxchg') return fetching(op, bits, at, `r0, ${from}`).replace(/^r0, \S+/, 'r0');
  return `lock *(u${bits || 64} *)${address(at)} ${operators[op]} ${from}`;
}

function fetching(op: string, bits: string, at: string, from: string): string {
  return `${from} = atomic${bits === '' ? '64' : ''}_${op}((u${bits || 64} *)${address(at)}, ${from})`;
}

function kernelSyntax(line: string): string {
  const plain = line.replaceAll('%', '').replace(/[\s,]+/g, ' ');
  for (const [pattern, text] of rules) {
    const match = pattern.exec(plain);
    if (match) return text(match[1] ?? '', match[2] ?? '', ...match.slice(3));
  }
  return line;
}
