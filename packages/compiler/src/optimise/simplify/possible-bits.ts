import { unsigned } from '../../ir/arithmetic.ts';
import { type Interval, onesUpTo } from '../../ir/interval.ts';
import type { Instruction, ValueId } from '../../ir/types.ts';

const ALL = (1n << 64n) - 1n;
const DEEPEST = 6;

interface Known {
  readonly definition: (value: ValueId) => Instruction | undefined;
  /** Bounds where the bits are asked for. */
  readonly range: (value: ValueId) => Interval;
  /** Bounds wherever the value is used. Facts about operands that hold only here do not show in the bounds of the result,
   *  by which `legalise` later judges what the verifier must be told. */
  readonly rangeAnywhere: (value: ValueId) => Interval;
}

/** A mask, not negative, of the bits that a value can have set. */
export function possibleBits(value: ValueId, known: Known, depth = 0): bigint {
  const { lo, hi } = known.range(value);
  const byRange = lo >= 0n ? (lo === hi ? lo : onesUpTo(hi)) : ALL;
  const definition = known.definition(value);
  if (definition?.op !== 'alu' || depth === DEEPEST) return byRange;
  const inner = { ...known, range: known.rangeAnywhere };
  const left = () => possibleBits(definition.left, inner, depth + 1);
  const right = () => possibleBits(definition.right, inner, depth + 1);
  const count = inner.range(definition.right);
  const isShift = count.lo === count.hi && count.lo >= 0n && count.lo < 64n;
  switch (definition.operation) {
    case 'and':
      return byRange & left() & right();
    case 'or':
    case 'xor':
      return byRange & (left() | right());
    case 'shl':
      return isShift ? byRange & unsigned(left() << count.lo) : byRange;
    case 'shr':
      return isShift ? byRange & (left() >> count.lo) : byRange;
    default:
      return byRange;
  }
}
