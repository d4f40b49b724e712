import { rangesOfSome } from '../ir/ranges.ts';
import type { Block, Instruction, Program, ValueId } from '../ir/types.ts';
import { instructionsByResult } from '../ir/uses.ts';
import { guarded } from './guard.ts';
import { verifierReasoning } from './verifier-reasoning.ts';

/** Helpers that take no size of 0 (ARG_CONST_SIZE), and which argument it is. */
const SIZES: Readonly<Record<string, number>> = { skb_load_bytes: 3, xdp_load_bytes: 3 };

interface Sized {
  readonly block: Block;
  readonly index: number;
  readonly call: Instruction;
  readonly size: ValueId;
}

/** Shows the verifier of Linux 6.1 that sizes are not 0 where we know it from what it does not follow, such as comparisons of two
 *  registers. Nothing may look at comparisons afterwards: the guards look redundant. */
export function guardSizes(program: Program): Program {
  const definitions = instructionsByResult(program);
  let current = program;
  // A guard splits a block, so that places are looked for anew.
  for (let guards = 0; ; guards++) {
    const sized = sizedCalls(current).filter(({ size }) => definitions[size]?.op !== 'constant');
    const proved = rangesOfSome(
      current,
      sized.map(({ size }) => size),
      verifierReasoning,
    );
    const open = sized.find(({ block, size }) => proved.in(size, block.id).lo <= 0n);
    if (open === undefined || guards > sized.length) return current;
    const { block, index, call, size } = open;
    const place = { block, index, ...(call.at && { at: call.at }) };
    current = guarded(current, place, { relation: 'uge', value: size, constant: 1n });
  }
}

function sizedCalls({ blocks }: Program): readonly Sized[] {
  return blocks.flatMap((block) =>
    block.instructions.flatMap((call, index) => {
      const size = call.op === 'call' ? call.arguments[SIZES[call.helper] ?? -1] : undefined;
      return size === undefined ? [] : [{ block, index, call, size }];
    }),
  );
}
