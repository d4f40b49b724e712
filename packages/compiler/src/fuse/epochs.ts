import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { movesPacket } from '../ir/packet-moving.ts';
import type { Block, BlockId, Program } from '../ir/types.ts';

/** An epoch of the packet; `undefined`: one that has no number, or different ones on different ways. */
export type Epoch = number | undefined;
export type Epochs = ReadonlyMap<BlockId, Epoch>;

/** In which epoch each block is come to, and in which it is left. `first`: of the whole program; `endOf`: how a block goes on from its. */
export function epochsOf(
  program: Program,
  first: Epoch,
  endOf: (block: Block, start: Epoch) => Epoch,
): { readonly starts: Epochs; readonly ends: Epochs } {
  const { order, predecessors } = graphOf(program);
  const starts = new Map<BlockId, Epoch>();
  const ends = new Map<BlockId, Epoch>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of order) {
      // The body of a loop has not been seen when its head is, the first time.
      const before = at(predecessors, id).filter((from) => ends.has(from));
      const [one, ...others] = before.map((from) => ends.get(from));
      const start = id === 0 ? first : others.every((other) => other === one) ? one : undefined;
      if (starts.has(id) && starts.get(id) === start) continue;
      starts.set(id, start);
      ends.set(id, endOf(at(program.blocks, id), start));
      changed = true;
    }
  }
  return { starts, ends };
}

export const epochsAtEnd = (program: Program): Epochs => epochsOf(program, 0, endOf).ends;

function endOf({ instructions, terminator }: Block, start: Epoch): Epoch {
  let epoch = start;
  for (const one of instructions) {
    if (one.op === 'call' && movesPacket(one.helper)) epoch = undefined;
    if (one.op === 'packet-start' || one.op === 'packet-end') epoch = one.epoch;
  }
  return terminator.op === 'in-packet' ? terminator.epoch : epoch;
}
