// An epoch of the packet that is begun where nothing has moved it is the one before: what was asked of that is known.
import { movesPacket } from '../ir/packet-moving.ts';
import type { Block, Instruction, Program } from '../ir/types.ts';
import { type Epoch, epochsOf } from './epochs.ts';

export function uniteEpochs(program: Program): Program {
  const { starts } = epochsOf(program, undefined, (block, start) => renamedFrom(block, start).epoch);
  const blocks = program.blocks.map((block) => renamedFrom(block, starts.get(block.id)).block);
  return blocks.every((block, id) => block === program.blocks[id]) ? program : { ...program, blocks };
}

/** `epoch`: in which the block is come to, if it is known; and in the answer in which it is left. */
function renamedFrom(block: Block, epoch: Epoch): { readonly block: Block; readonly epoch: Epoch } {
  let now = epoch;
  const isOther = (one: Epoch): boolean => {
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
