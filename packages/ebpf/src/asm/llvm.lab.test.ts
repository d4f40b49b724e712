import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { assemble } from './assemble.ts';
import { ENCODINGS, type Encoding } from './encodings.ts';
import type { Instruction } from './instruction.ts';
import { instructionFrom, toSlots } from './slot.ts';
import { format } from './text.ts';

const version = /clang version (\d+)/.exec(spawnSync('clang', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
const reason = version === '14' ? '' : ` (skipped: needs clang 14, ${version ? `${version} is` : 'none'} installed)`;

/** Forms LLVM 14 does not know although kernels had them before: it has neither `%`, nor `&` jumps, nor stores of constants. */
const unknownTo14 = new Set(['mod', 'jset', 'st']);
/** LLVM 14 ignores the fields that tell these from an older instruction. */
const known = ENCODINGS.filter(({ op, since }) => !unknownTo14.has(op) && !/^6\./.test(since));
/** LLVM prints `call 5` for every kind of call and drops the constant of skb[r3 + 5]. */
const calls = new Set(['call_sub', 'call_kfunc']);

const operandSets = [
  { dst: 2, src: 3, off: -12, imm: 5, next: 0, imm64: 0x1122334455667788n },
  { dst: 9, src: 10, off: 32767, imm: -1, next: 0, imm64: 2n ** 64n - 1n },
  { dst: 0, src: 0, off: -32768, imm: 0x7fff_ffff, next: 0, imm64: 0n },
];

function sample({ op, form, operands }: Encoding, values: (typeof operandSets)[number]): Instruction {
  const chosen = Object.entries(operands).map(([name, field]) => [
    name,
    op === 'ld_ind' && field === 'imm' ? 0 : values[field],
  ]);
  return instructionFrom({ op, ...form, ...Object.fromEntries(chosen) });
}

/** What LLVM 14 prints where the kernel's syntax differs. */
function llvmText(instruction: Instruction): string {
  const text = format(instruction)
    .replace(/([( ]r\d+) ([+-])(\d+)\)/, '$1 $2 $3)')
    .replace(/(if \S+ \S+) (0x\w+)/, (_, start: string, hex: string) => `${start} ${Number(hex) | 0}`)
    .replace(/skb\[(r\d+) \+ 0\]/, 'skb[$1]')
    .replace(/call \S*#(-?\d+)/, 'call $1');
  if (instruction.op === 'ld_imm64') return `r${instruction.dst} = ${BigInt.asIntN(64, instruction.imm64)} ll`;
  if (/^ld_(map|btf|func)/.test(instruction.op)) {
    const { dst, src, imm } = toSlots(instruction);
    return `ld_pseudo\tr${dst}, ${src}, ${imm >>> 0}`;
  }
  if (instruction.op.startsWith('atomic_')) return llvmAtomic(text);
  if (instruction.op === 'ldx' && instruction.size !== 'u64') return text.replace(/^r/, 'w');
  if (instruction.op === 'stx' && instruction.size !== 'u64') return text.replace(/r(\d+)$/, 'w$1');
  return text;
}

function llvmAtomic(text: string): string {
  const narrow = text.includes('u32');
  const renamed = text
    .replace('atomic64_', 'atomic_')
    .replace(
      /atomic_(xchg|cmpxchg)\(\(u\d+ \*\)\((.*?)\)/,
      (_, op: string, at: string) => `${op}${narrow ? '32_32' : '_64'}(${at}`,
    );
  return narrow ? renamed.replace(/^r|, r|(?<== )r|(?<=r0, )r/g, (found) => found.replace('r', 'w')) : renamed;
}

const folder = mkdtempSync(join(tmpdir(), 'tp-asm-'));
afterAll(() => rmSync(folder, { recursive: true }));

function clang(source: string): string {
  const object = join(folder, 'program.o');
  writeFileSync(join(folder, 'program.s'), source);
  execFileSync('clang', ['-target', 'bpf', '-mcpu=v3', '-c', join(folder, 'program.s'), '-o', object]);
  return object;
}

/** One line of text for each instruction, without labels, in the order of the program. */
function objdump(object: string): string[] {
  const output = execFileSync('llvm-objdump', ['-d', '--mattr=+alu32', '--no-show-raw-insn', object], {
    encoding: 'utf8',
  });
  return output.split('\n').flatMap((line) => /^\s+\d+:\s+(.*?)(?:\s<\S+>)?\s*$/.exec(line)?.[1] ?? []);
}

describe.skipIf(reason !== '')(`LLVM agrees${reason}`, () => {
  const forms = known.filter(({ op }) => !calls.has(op));
  const programs = operandSets.map((values) => forms.map((form) => sample(form, values)));

  test.each(programs.map((program) => [program]))('on what our bytes mean', (program) => {
    const bytes = program.map((one) => `.byte ${assemble([one]).bytes.join(',')}\n`);
    const lines = objdump(clang(`program:\n${bytes.join('')}`));
    expect(lines).toEqual(program.map(llvmText));
    expect(forms.length).toBeGreaterThan(130);
  });

  test.each(programs.map((program) => [program]))('on the bytes of what it prints', (program) => {
    // Its assembler reads neither the fetching atomics nor the pseudo loads that it prints.
    const readable = program.filter((one) => !/atomic_fetch|xchg|ld_pseudo/.test(llvmText(one)));
    const object = clang(readable.map((one) => `${llvmText(one)}\n`).join(''));
    execFileSync('llvm-objcopy', ['-O', 'binary', '--only-section=.text', object, join(folder, 'program.bin')]);
    expect(readFileSync(join(folder, 'program.bin')).toString('hex')).toBe(
      Buffer.from(assemble(readable).bytes).toString('hex'),
    );
  });
});
