// What is worth knowing of a program before its runs: made once for each program.

import type { Block, BlockId, Program, ValueId } from '../ir/types.ts';

/** Phi results and inputs on one edge, by position. */
export interface Moves {
  readonly results: readonly ValueId[];
  readonly inputs: readonly ValueId[];
}

export interface Plan {
  readonly program: Program;
  /** Values that the program's constants have, as registers hold them. */
  readonly constants: ReadonlyMap<ValueId, bigint>;
  readonly blocks: readonly { readonly block: Block; readonly moves: ReadonlyMap<BlockId, Moves> }[];
}

const plans = new WeakMap<Program, Plan>();

export function planOf(program: Program): Plan {
  const known = plans.get(program);
  if (known !== undefined) return known;
  const plan = {
    program,
    constants: constantsOf(program),
    blocks: program.blocks.map((block) => ({ block, moves: movesOf(block) })),
  };
  plans.set(program, plan);
  return plan;
}

function constantsOf({ blocks }: Program): ReadonlyMap<ValueId, bigint> {
  const instructions = blocks.flatMap((block) => block.instructions);
  return new Map(
    instructions.flatMap((one) =>
      one.op === 'constant' ? [[one.result, BigInt.asUintN(64, one.value)] as const] : [],
    ),
  );
}

function movesOf({ phis }: Block): ReadonlyMap<BlockId, Moves> {
  const moves = new Map<BlockId, { results: ValueId[]; inputs: ValueId[] }>();
  for (const { result, inputs } of phis) {
    for (const { block, value } of inputs) {
      const edge = moves.get(block) ?? { results: [], inputs: [] };
      moves.set(block, edge);
      edge.results.push(result);
      edge.inputs.push(value);
    }
  }
  return moves;
}
