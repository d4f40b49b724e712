// Where a program goes on at a place: tail calls into the chain's program array with a constant index.
import { PATH } from '../abi/chain.ts';
import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { movesPacket } from '../ir/packet-moving.ts';
import type { Block, BlockId, Instruction, Program } from '../ir/types.ts';
import { instructionsByResult } from '../ir/uses.ts';

export interface Site {
  readonly block: BlockId;
  /** Of the call in its block. */
  readonly index: number;
  /** Where it leads. */
  readonly position: number;
}

/** Whether what is behind may never be seen. */
export const movesOn = (one: Instruction): boolean => one.op === 'call' && one.helper === 'tail_call';

export function sitesOf(program: Program): readonly Site[] {
  const definitions = instructionsByResult(program);
  const positionOf = (one: Instruction): number | undefined => {
    if (one.op !== 'call' || one.helper !== 'tail_call') return undefined;
    const [, map = -1, index = -1] = one.arguments;
    const [array, number] = [definitions[map], definitions[index]];
    return array?.op === 'map' && array.name === PATH && number?.op === 'constant' ? Number(number.value) : undefined;
  };
  return graphOf(program).order.flatMap((block) =>
    at(program.blocks, block).instructions.flatMap((one, index) => {
      const position = positionOf(one);
      return position === undefined ? [] : [{ block, index, position }];
    }),
  );
}

/** In which epoch of the packet each block ends; `undefined`: in one that has no number, or in different ones. */
export function epochsAtEnd(program: Program): ReadonlyMap<BlockId, number | undefined> {
  const { order, predecessors } = graphOf(program);
  const ends = new Map<BlockId, number | undefined>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const id of order) {
      // The body of a loop has not been seen when its head is, the first time.
      const before = at(predecessors, id).filter((from) => ends.has(from));
      const [first, ...others] = before.map((from) => ends.get(from));
      const start = id === 0 ? 0 : others.every((other) => other === first) ? first : undefined;
      const end = endOf(at(program.blocks, id), start);
      if (ends.has(id) && ends.get(id) === end) continue;
      ends.set(id, end);
      changed = true;
    }
  }
  return ends;
}

function endOf({ instructions, terminator }: Block, start: number | undefined): number | undefined {
  let epoch = start;
  for (const one of instructions) {
    if (one.op === 'call' && movesPacket(one.helper)) epoch = undefined;
    if (one.op === 'packet-start' || one.op === 'packet-end') epoch = one.epoch;
  }
  return terminator.op === 'in-packet' ? terminator.epoch : epoch;
}
