import type { Fact } from '../ir/facts.ts';
import { bits, FULL, type Interval } from '../ir/interval.ts';
import { exactResult, type Reasoning } from '../ir/ranges.ts';
import type { Instruction, ValueId } from '../ir/types.ts';
import type { Definitions } from '../ir/uses.ts';

/**
 * What the verifier of Linux 6.1 can prove: nothing about swapped and divided values, and from branches only what a
 * comparison with a constant says of the compared register itself. `!=` teaches it nothing.
 */
export const verifierReasoning: Reasoning = { result, believes };

const MOST_MULTIPLIED = bits(32).hi;

function result(instruction: Instruction, operand: (value: ValueId) => Interval): Interval {
  if (instruction.op === 'swap' || instruction.op === 'call' || instruction.op === 'atomic') return FULL;
  if (instruction.op !== 'alu') return exactResult(instruction, operand);
  const right = operand(instruction.right);
  switch (instruction.operation) {
    case 'div':
    case 'mod':
      return FULL;
    case 'mul': {
      const small = [operand(instruction.left), right].every(({ lo, hi }) => lo >= 0n && hi <= MOST_MULTIPLIED);
      return small ? exactResult(instruction, operand) : FULL;
    }
    case 'shl':
    case 'shr':
    case 'sar':
      return right.lo === right.hi ? exactResult(instruction, operand) : FULL;
    default:
      return exactResult(instruction, operand);
  }
}

function believes({ relation, other }: Fact, definitions: Definitions): boolean {
  if (relation === 'ne') return false;
  const constant = 'constant' in other ? other.constant : constantOf(definitions[other.value]);
  // Larger constants are compared from a register, or as 32 bits.
  return constant !== undefined && BigInt.asIntN(32, constant) === constant;
}

const constantOf = (definition: Instruction | undefined): bigint | undefined =>
  definition?.op === 'constant' ? definition.value : undefined;
