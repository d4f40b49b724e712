import { at } from '../ir/at.ts';
import { graphOfSuccessors } from '../ir/graph.ts';
import type { BlockId } from '../ir/types.ts';
import { type MachineBlock, type MachineTerminator, machineSuccessors } from './machine.ts';

/** Reachable blocks in the order of emission: each trace follows the likely side as far as it can. */
export function orderBlocks(blocks: readonly MachineBlock[]): readonly BlockId[] {
  const { order } = graphOfSuccessors(blocks.map(({ terminator }) => machineSuccessors(terminator)));
  const placed = new Set<BlockId>();
  for (const start of order) {
    for (let next: BlockId | undefined = start; next !== undefined; ) {
      if (placed.has(next)) break;
      placed.add(next);
      next = preferred(at(blocks, next).terminator).find((target) => !placed.has(target));
    }
  }
  return [...placed];
}

function preferred(terminator: MachineTerminator): readonly BlockId[] {
  if (terminator.op !== 'branch') return machineSuccessors(terminator);
  const { then, otherwise, likely, test } = terminator;
  // A test of bits has no opposite: the other side has to be the one that follows.
  return likely === 'otherwise' || (likely === undefined && test === 'set') ? [otherwise, then] : [then, otherwise];
}
