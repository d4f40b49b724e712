import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assemble } from './assemble.ts';
import { callSub, exit, imm, ja, jmp, label, ldFunc, ldImm64, ldMap, ldMapValue, ldx, mov, reg, st } from './build.ts';
import { disassemble } from './disassemble.ts';
import type { FarJumps } from './far-jumps.ts';
import type { Instruction, Label } from './instruction.ts';
import { format } from './text.ts';

test('a 64-bit load takes two slots in every jump distance and index', () => {
  const { bytes, instructionIndex, labels } = assemble([
    label('start'),
    jmp('jeq', 1, imm(0), 'out'),
    ldImm64(2, 5n),
    ja('start'),
    label('out'),
    exit(),
  ]);
  expect(disassemble(bytes).map(format)).toEqual(['if r1 == 0x0 goto +3', 'r2 = 0x5 ll', 'goto -4', 'exit']);
  expect(instructionIndex).toEqual([0, 0, 1, 3, 4, 4]);
  expect(labels).toEqual(
    new Map([
      ['start', 0],
      ['out', 4],
    ]),
  );
});

test('calls and function addresses count from the slot after their first', () => {
  const { bytes } = assemble([ldFunc(2, 'body'), callSub('body'), exit(), label('body'), exit()]);
  expect(disassemble(bytes).map(format)).toEqual(['r2 = subprog[+3]', 'call +1', 'exit', 'exit']);
});

test('maps by name become relocations, maps by descriptor do not', () => {
  const assembled = assemble([mov(6, reg(1)), ldMap(1, 'flows'), ldMapValue(2, 'config', 24), ldMap(3, 9), exit()]);
  expect(assembled.relocations).toEqual([
    { slot: 1, map: 'flows', kind: 'map', valueOffset: 0 },
    { slot: 3, map: 'config', kind: 'map-value', valueOffset: 24 },
  ]);
  expect(disassemble(assembled.bytes).map(format)).toEqual([
    'r6 = r1',
    'r1 = map[fd:0]',
    'r2 = map[fd:0][0]+24',
    'r3 = map[fd:9]',
    'exit',
  ]);
});

describe('what does not fit its field is refused with the instruction named', () => {
  test.each<[string, Instruction | Label]>([
    ['instruction 1 (r-1 = 0): register -1 in dst is not one of 0 to 10', mov(-1, imm(0))],
    ['instruction 1 (w0 = w15): register 15 in src is not one of 0 to 10', mov(0, reg(15), 32)],
    ['register 1.5 in src', mov(0, reg(1.5))],
    ['imm 4294967295 is not an integer from -2147483648 to 2147483647', mov(0, imm(0xffff_ffff))],
    ['imm NaN is not an integer', st('u8', 10, -1, Number.NaN)],
    ['off 32768 is not an integer from -32768 to 32767', ldx('u32', 0, 1, 0x8000)],
    ['target 40000 is not', ja(40000)],
    ['imm64 18446744073709551616 is not a bigint', ldImm64(1, 2n ** 64n)],
    ['valueOffset -1 is not an integer from 0', ldMapValue(1, 'm', -1)],
    ['instruction 1 (goto nowhere): there is no label "nowhere"', ja('nowhere')],
    ['no form of "movsx" has these operands', { op: 'movsx', width: 32, bits: 32, dst: 1, src: 2 }],
    ['label "twice" occurs twice', label('twice')],
  ])('%s', (message, item) => {
    expect(() => assemble([label('twice'), item])).toThrow(message);
  });

  test('cut-off bytecode', () => {
    expect(() => disassemble(new Uint8Array(12))).toThrow('12 bytes are not whole instructions');
    expect(() => disassemble(assemble([ldImm64(0, 1n)]).bytes.subarray(0, 8))).toThrow(
      'slot 0: a 64-bit load without its second half',
    );
    expect(() => disassemble(Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0))).toThrow('slot 0: no instruction has code 0xff');
    expect(() => disassemble(Uint8Array.of(0x95, 0, 1, 0, 0, 0, 0, 0))).toThrow('off 1');
  });
});

const filler = (count: number) => Array.from({ length: count }, () => mov(0, imm(1)));

/** Where control goes from a taken jump at `slot`, through trampolines only. */
function destination(program: readonly Instruction[], slot: number): number {
  const item = program[slot];
  if (!item || !('target' in item) || typeof item.target !== 'number') throw new Error(`no jump at ${slot}`);
  const to = slot + 1 + item.target;
  const next = program[to];
  return next?.op === 'ja' || next?.op === 'gotol' ? destination(program, to) : to;
}

describe('jumps over more than 32767 slots', () => {
  test('reach 32767 slots forward without help, one more is refused on request', () => {
    const program = (count: number) => [jmp('jeq', 1, imm(0), 'out'), ...filler(count), label('out'), exit()];
    expect(assemble(program(32767), { farJumps: 'reject' }).bytes.length).toBe(32769 * 8);
    expect(() => assemble(program(32768), { farJumps: 'reject' })).toThrow(
      'instruction 0 (if r1 == 0x0 goto out): target 32768 is not an integer from -32768 to 32767',
    );
  });

  test.each<FarJumps>(['trampoline', 'gotol'])('arrive with farJumps: %s', (farJumps) => {
    const shape = fc.record({ before: fc.nat(70_000), after: fc.nat(70_000), exits: fc.boolean() });
    fc.assert(
      fc.property(shape, ({ before, after, exits }) => {
        const items = [
          label('top'),
          mov(1, imm(0)),
          ...filler(before),
          jmp('jset', 1, imm(1), 'top'),
          jmp('jgt', 1, imm(7), 'out'),
          jmp('jgt', 1, imm(9), 'out'),
          ...(exits ? [exit()] : []),
          ...filler(after),
          label('out'),
          exit(),
        ];
        const { bytes, instructionIndex, labels } = assemble(items, { farJumps });
        const program = disassemble(bytes);
        const at = before + 2;
        expect(destination(program, instructionIndex[at] ?? -1)).toBe(labels.get('top'));
        expect(destination(program, instructionIndex[at + 1] ?? -1)).toBe(labels.get('out'));
        expect(destination(program, instructionIndex[at + 2] ?? -1)).toBe(labels.get('out'));
        expect([...labels.keys()]).toEqual(['top', 'out']);
        expect(instructionIndex.length).toBe(items.length);
        // Falling through passes every instruction of the source in order.
        let slot = 0;
        for (const [index, item] of items.entries()) {
          if (item.op === 'label' || (exits && index === at + 4)) continue;
          if (index === at + 3 && exits) break;
          while (slot !== instructionIndex[index]) slot = destination(program, slot);
          slot++;
        }
      }),
      { numRuns: 12 },
    );
  });

  test('leave nothing unreachable, which the verifier would reject', () => {
    const { bytes } = assemble([ja('out'), ...filler(40_000).map(() => exit()), label('out'), exit()]);
    const program = disassemble(bytes);
    const stones = program.flatMap(({ op }, slot) => (op === 'ja' ? [slot] : []));
    expect(stones).toEqual([0, 0x7000]);
    expect(program[0x7000 - 1]).toEqual(exit());
  });

  test('are shared: a thousand jumps to one far label need few trampolines', () => {
    const checks = Array.from({ length: 1000 }, (_, n) => jmp('jgt', 1, imm(n), 'out'));
    const { bytes } = assemble([...checks, ...filler(60_000), label('out'), exit()]);
    expect(bytes.length / 8 - 61_001).toBeLessThan(12);
  });

  test('cannot be mixed with targets in slots', () => {
    const program = [jmp('jeq', 1, imm(0), 'out'), ja(0), ...filler(40_000), label('out'), exit()];
    expect(() => assemble(program)).toThrow('instruction 1 has a target in slots');
  });
});
