import { at } from '../ir/at.ts';
import type { BlockId } from '../ir/types.ts';
import type { MachineBlock, MachineTerminator } from './machine.ts';

/** Lets jumps pass by blocks that only jump on: edges whose moves came to nothing. */
export function threadEmptyBlocks(blocks: readonly MachineBlock[]): readonly MachineBlock[] {
  const end = (start: BlockId): BlockId => {
    const seen = new Set<BlockId>();
    for (let id = start; ; ) {
      const { instructions, terminator } = at(blocks, id);
      if (instructions.length > 0 || terminator.op !== 'jump' || seen.has(id)) return id;
      seen.add(id);
      id = terminator.target;
    }
  };
  return blocks.map((block) => ({ ...block, terminator: threaded(block.terminator, end) }));
}

function threaded(terminator: MachineTerminator, end: (block: BlockId) => BlockId): MachineTerminator {
  if (terminator.op === 'return') return terminator;
  if (terminator.op === 'jump') return { ...terminator, target: end(terminator.target) };
  const [then, otherwise] = [end(terminator.then), end(terminator.otherwise)];
  if (then === otherwise) return { op: 'jump', target: then, at: terminator.at };
  return { ...terminator, then, otherwise };
}
