import { expect, it } from 'vitest';
import { keepSpills } from './kept-spills.ts';
import type { MachineBlock, MachineInstruction, MachineTerminator } from './machine.ts';

const AUTHORS = { size: 8, name: 'of the author' };
const SPILLED = { size: 8, name: 'spilled value' };

const store = (slot: number, register: number): MachineInstruction => {
  return { op: 'store', base: { slot }, offset: 0, width: 64, source: { register } };
};
const load = (dst: number, slot: number): MachineInstruction => {
  return { op: 'load', dst, base: { slot }, offset: 0, width: 64 };
};
const move = (dst: number, src: number): MachineInstruction => ({ op: 'move', dst, src, width: 64 });
const call: MachineInstruction = { op: 'call', callee: 'ktime_get_ns', arity: 0 };
const to = (target: number): MachineTerminator => ({ op: 'jump', target });
const either = (then: number, otherwise: number): MachineTerminator => {
  return { op: 'branch', test: 'eq', left: 9, right: { immediate: 0 }, width: 64, then, otherwise };
};
const back: MachineTerminator = { op: 'return' };

/** Slot 0 is the author's, the others are spill slots. */
function keep(...blocks: readonly (readonly [readonly MachineInstruction[], MachineTerminator])[]) {
  const made = blocks.map(([instructions, terminator]): MachineBlock => ({ instructions, terminator, loopDepth: 0 }));
  const program = { blocks: made, slots: [AUTHORS, SPILLED, SPILLED], nextRegister: 11, reluctant: new Set<number>() };
  return keepSpills(program, 1).blocks.map(({ instructions }) => instructions);
}

it('loads nothing that its register still holds, and moves what another one holds', () => {
  expect(keep([[store(1, 3), load(3, 1), load(4, 1), load(5, 2), load(5, 2)], back])).toEqual([
    [store(1, 3), move(4, 3), load(5, 2)],
  ]);
  expect(keep([[load(6, 1), move(7, 6), store(2, 6), load(7, 1)], back])).toEqual([
    [load(6, 1), move(7, 6), store(2, 6)],
  ]);
});

it('loads again behind what has changed the register or the slot', () => {
  const all = [
    [store(1, 3), call, load(3, 1)],
    [store(1, 3), store(1, 4), load(3, 1)],
    [store(1, 3), move(3, 9), load(3, 1)],
  ];
  expect(keep([all[0] ?? [], back])).toEqual([all[0]]);
  expect(keep([all[1] ?? [], back])).toEqual([[store(1, 3), store(1, 4), move(3, 4)]]);
  expect(keep([all[2] ?? [], back])).toEqual([all[2]]);
});

it("leaves the author's slots alone", () => {
  const own = [store(0, 3), load(3, 0)];
  expect(keep([own, back])).toEqual([own]);
});

it('knows behind a join what both ways agree on, and nothing at the head of a loop', () => {
  const agreed = keep(
    [[], either(1, 2)],
    [[store(1, 3), store(2, 4)], to(3)],
    [[store(1, 3), store(2, 5)], to(3)],
    [[load(3, 1), load(4, 2)], back],
  );
  expect(agreed[3]).toEqual([load(4, 2)]);
  const round = keep([[store(1, 3)], to(1)], [[load(3, 1), call], either(1, 2)], [[], back]);
  expect(round[1]).toEqual([load(3, 1), call]);
});
