// How far from each block's end every live register is read next: what is read last is the first to go to memory.

import { at } from '../ir/at.ts';
import { graphOfSuccessors } from '../ir/graph.ts';
import type { BlockId } from '../ir/types.ts';
import {
  FIRST_VIRTUAL,
  type MachineBlock,
  type MachineProgram,
  machineSuccessors,
  type Register,
  readsOf,
  terminatorReads,
  writesOf,
} from './machine.ts';

/** Distance by which a read counts as being outside of the loop. */
export const OUTSIDE = 1_000_000;
/** Calls: what is read behind one has to survive it. */
export const BEHIND_CALL = 1000;
const UNLIKELY = 300;

export interface NextUse {
  readonly atStart: ReadonlyMap<Register, number>;
  readonly atEnd: ReadonlyMap<Register, number>;
}

export function nextUses({ blocks }: MachineProgram): readonly NextUse[] {
  const { order, predecessors } = graphOfSuccessors(blocks.map(({ terminator }) => machineSuccessors(terminator)));
  const starts: Map<Register, number>[] = blocks.map(() => new Map());
  const ends: Map<Register, number>[] = blocks.map(() => new Map());
  const visited = new Set<BlockId>();
  const backwards = order.toReversed();
  // Blocks behind which something has changed.
  const open = new Set<BlockId>(order);
  while (open.size > 0) {
    for (const id of backwards) {
      if (!open.delete(id)) continue;
      let changed = !visited.has(id);
      visited.add(id);
      const block = at(blocks, id);
      const end = at(ends, id);
      for (const next of machineSuccessors(block.terminator)) {
        const penalty = edgePenalty(block, next, at(blocks, next));
        for (const [register, distance] of at(starts, next)) {
          const known = end.get(register);
          if (known !== undefined && known <= distance + penalty) continue;
          end.set(register, distance + penalty);
          changed = true;
        }
      }
      if (!changed) continue;
      starts[id] = distancesAtStart(block, end);
      for (const from of at(predecessors, id)) open.add(from);
    }
  }
  return starts.map((atStart, id) => ({ atStart, atEnd: at(ends, id) }));
}

function edgePenalty({ terminator, loopDepth }: MachineBlock, to: BlockId, target: MachineBlock): number {
  const leaves = target.loopDepth < loopDepth ? OUTSIDE : 0;
  if (terminator.op !== 'branch' || terminator.likely === undefined) return leaves;
  return leaves + (terminator[terminator.likely] === to ? 0 : UNLIKELY);
}

function distancesAtStart(block: MachineBlock, end: ReadonlyMap<Register, number>): Map<Register, number> {
  const distances = new Map<Register, number>();
  const lengths = lengthsOf(block);
  const total = at(lengths, block.instructions.length) + 1;
  for (const [register, distance] of end) distances.set(register, distance + total);
  const read = (register: Register, distance: number) => {
    if (register >= FIRST_VIRTUAL) distances.set(register, distance);
  };
  for (const register of terminatorReads(block.terminator)) read(register, at(lengths, block.instructions.length));
  for (let index = block.instructions.length - 1; index >= 0; index--) {
    const instruction = at(block.instructions, index);
    for (const register of writesOf(instruction)) distances.delete(register);
    for (const register of readsOf(instruction)) read(register, at(lengths, index));
  }
  return distances;
}

/** Distance of each instruction from the block's start, and of its terminator. */
export function lengthsOf({ instructions }: MachineBlock): readonly number[] {
  let length = 0;
  const lengths = instructions.map(({ op }) => {
    const before = length;
    length += op === 'call' ? BEHIND_CALL : 1;
    return before;
  });
  return [...lengths, length];
}
