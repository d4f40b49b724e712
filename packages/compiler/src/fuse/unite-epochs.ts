// An epoch of the packet that is begun where nothing has moved it is the one before: what was asked of that is known.
import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { movesPacket } from '../ir/packet-moving.ts';
import type { Block, BlockId, Instruction, Program } from '../ir/types.ts';

export function uniteEpochs(program: Program): Program {
  const starts = startsOf(program);
  const blocks = program.blocks.map((block) => renamedFrom(block, starts.get(block.id)).block);
  return blocks.every((block, id) => block === program.blocks[id]) ? program : { ...program, blocks };
}

/** In which epoch each block is come to; `undefined`: in different ones. */
function startsOf(program: Program): ReadonlyMap<BlockId, number | undefined> {
  const { order, predecessors } = graphOf(program);
  const starts = new Map<BlockId, number | undefined>();
  const ends = new Map<BlockId, number | undefined>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of order) {
      // The body of a loop has not been seen when its head is, the first time.
      const before = at(predecessors, id).filter((from) => ends.has(from));
      const [first, ...others] = before.map((from) => ends.get(from));
      const start = others.every((other) => other === first) ? first : undefined;
      if (ends.has(id) && starts.get(id) === start) continue;
      starts.set(id, start);
      ends.set(id, renamedFrom(at(program.blocks, id), start).epoch);
      changed = true;
    }
  }
  return starts;
}

/** `epoch`: in which the block is come to, if it is known; and in the answer in which it is left. */
function renamedFrom(
  block: Block,
  epoch: number | undefined,
): { readonly block: Block; readonly epoch: number | undefined } {
  let now = epoch;
  const isOther = (one: number | undefined): boolean => {
    if (one === undefined) return false;
    now ??= one;
    return one !== now;
  };
  let changed = false;
  const rename = <T extends Instruction | Block['terminator']>(one: T): T => {
    if (!('epoch' in one) || !isOther(one.epoch)) return one;
    changed = true;
    return { ...one, epoch: now };
  };
  const instructions = block.instructions.map((one) => {
    if (one.op === 'call' && movesPacket(one.helper)) now = undefined;
    return rename(one);
  });
  const terminator = rename(block.terminator);
  return { block: changed ? { ...block, instructions, terminator } : block, epoch: now };
}
