import { successorsOf } from '../ir/operands.ts';
import type { Block, BlockId, Instruction, Program, Relation, Terminator, ValueId, ValueType } from '../ir/types.ts';

const INTEGER: ValueType = { kind: 'integer' };

interface Place {
  readonly block: Block;
  /** In front of this instruction. */
  readonly index: number;
  readonly at?: NonNullable<Instruction['at']>;
}
interface Test {
  readonly relation: Relation;
  readonly value: ValueId;
  readonly constant: bigint;
}

/** Splits a block: where the test holds control goes on, everything else leaves; by the failing side of `check`, if there is one, else
 *  to where control never goes, although the verifier thinks it might. */
export function guarded(
  program: Program,
  { block, index, at }: Place,
  { relation, value, constant: most }: Test,
  check?: Terminator,
): Program {
  const { blocks } = program;
  const values = [...program.values, INTEGER, INTEGER];
  const [constant, condition] = [values.length - 2, values.length - 1];
  const rest: BlockId = blocks.length;
  const exit = check?.op === 'in-packet' ? check.otherwise : blocks.length + 1;
  const location = at && { at };
  const guard: Instruction[] = [
    { op: 'constant', value: most, result: constant },
    { op: 'compare', relation, left: value, right: constant, result: condition, ...location },
  ];
  const head: Block = {
    ...block,
    instructions: [...block.instructions.slice(0, index), ...guard],
    terminator: { op: 'branch', condition, then: rest, otherwise: exit, likely: 'then', ...location },
  };
  const tail: Block = {
    id: rest,
    phis: [],
    instructions: block.instructions.slice(index),
    terminator: block.terminator,
  };
  const after = new Set(successorsOf(block.terminator));
  const moved = blocks.map((one) => {
    if (one.id === block.id)
      return one.phis.length > 0 && after.has(one.id) ? { ...head, phis: fromTail(one, block.id, rest) } : head;
    return after.has(one.id) ? { ...one, phis: fromTail(one, block.id, rest) } : one;
  });
  if (check === undefined) return { ...program, values, blocks: [...moved, tail, never(program, exit, values)] };
  const withExit = moved.map((one) => {
    if (one.id !== exit) return one;
    const phis = one.phis.map(({ result, inputs }) => ({
      result,
      inputs: [
        ...inputs,
        ...inputs.filter((input) => input.block === rest).map((input) => ({ block: block.id, value: input.value })),
      ],
    }));
    return { ...one, phis };
  });
  return { ...program, values, blocks: [...withExit, tail] };
}

/** XDP_ABORTED, or TC_ACT_SHOT. */
function never({ hook }: Program, id: BlockId, values: ValueType[]): Block {
  const result = values.push(INTEGER) - 1;
  return {
    id,
    phis: [],
    instructions: [{ op: 'constant', value: hook === 'xdp' ? 0n : 2n, result }],
    terminator: { op: 'return', value: result },
  };
}

/** The phis of a block whose predecessor was split. */
function fromTail({ phis }: Block, head: BlockId, tail: BlockId) {
  return phis.map(({ result, inputs }) => ({
    result,
    inputs: inputs.map(({ block, value }) => ({ block: block === head ? tail : block, value })),
  }));
}
