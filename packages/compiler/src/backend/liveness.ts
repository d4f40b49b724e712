import { at } from '../ir/at.ts';
import type { BlockId } from '../ir/types.ts';
import {
  type MachineBlock,
  type MachineInstruction,
  type MachineProgram,
  machineSuccessors,
  type Register,
  readsOf,
  terminatorReads,
  writesOf,
} from './machine.ts';

/** Registers that are read after each block's end before they are written again. */
export function liveOut({ blocks }: MachineProgram): readonly ReadonlySet<Register>[] {
  const summaries = blocks.map(summary);
  const liveIn: Set<Register>[] = summaries.map(({ reads }) => new Set(reads));
  const out: Set<Register>[] = blocks.map(() => new Set());
  const predecessors: BlockId[][] = blocks.map(() => []);
  blocks.forEach(({ terminator }, id) => {
    for (const next of machineSuccessors(terminator)) at(predecessors, next).push(id);
  });
  // Blocks whose successors have changed.
  const open = new Set<BlockId>(blocks.keys());
  while (open.size > 0) {
    for (let id = blocks.length - 1; id >= 0; id--) {
      if (!open.delete(id)) continue;
      const live = at(out, id);
      const entering = at(liveIn, id);
      const before = entering.size;
      const { writes } = at(summaries, id);
      for (const next of machineSuccessors(at(blocks, id).terminator)) {
        for (const register of at(liveIn, next)) {
          if (live.has(register)) continue;
          live.add(register);
          if (!writes.has(register)) entering.add(register);
        }
      }
      if (entering.size > before) for (const from of at(predecessors, id)) open.add(from);
    }
  }
  return out;
}

/** Registers a block reads before it writes them, and those it writes. */
function summary({ instructions, terminator }: MachineBlock): { reads: Set<Register>; writes: Set<Register> } {
  const reads = new Set<Register>();
  const writes = new Set<Register>();
  const read = (register: Register) => {
    if (!writes.has(register)) reads.add(register);
  };
  for (const instruction of instructions) {
    readsOf(instruction).forEach(read);
    for (const register of writesOf(instruction)) writes.add(register);
  }
  terminatorReads(terminator).forEach(read);
  return { reads, writes };
}

/** Walks a block from its end, giving each instruction the registers that are live behind it. */
export function walkBackwards(
  { instructions, terminator }: MachineBlock,
  out: ReadonlySet<Register>,
  visit: (instruction: MachineInstruction, live: ReadonlySet<Register>, index: number) => void,
): void {
  const live = new Set(out);
  for (const register of terminatorReads(terminator)) live.add(register);
  for (let index = instructions.length - 1; index >= 0; index--) {
    const instruction = at(instructions, index);
    visit(instruction, live, index);
    for (const register of writesOf(instruction)) live.delete(register);
    for (const register of readsOf(instruction)) live.add(register);
  }
}
