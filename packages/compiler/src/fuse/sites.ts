// Where a program goes on at a place: tail calls into the chain's program array with a constant index.
import { PATH } from '../abi/chain.ts';
import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import type { BlockId, Instruction, Program } from '../ir/types.ts';
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
