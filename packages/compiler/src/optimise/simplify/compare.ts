import { MIRRORED, NEGATED, relationHolds, signed, swapped } from '../../ir/arithmetic.ts';
import { BOOLEAN, contains, decided } from '../../ir/interval.ts';
import type { Relation, ValueId } from '../../ir/types.ts';
import { MOST_MASKED, unshifted } from './alu.ts';
import { type Better, type Context, lowOnes, type Op } from './context.ts';

const UNSIGNED: Readonly<Partial<Record<Relation, Relation>>> = { slt: 'ult', sle: 'ule', sgt: 'ugt', sge: 'uge' };

export function betterCompare(instruction: Op<'compare'>, context: Context): Better<'compare'> {
  const { relation, left, right } = instruction;
  const [a, b] = [context.constant(left), context.constant(right)];
  if (context.isPointer(left) || context.isPointer(right)) return ofPointers(instruction, context);
  if (a !== undefined && b !== undefined) return context.makeConstant(relationHolds(relation, a, b) ? 1n : 0n);
  if (left === right) return context.makeConstant(relationHolds(relation, 0n, 0n) ? 1n : 0n);
  const holds = decided(context.range(left), relation, context.range(right));
  if (holds !== undefined) return context.makeConstant(holds ? 1n : 0n);
  if (a !== undefined) return { ...instruction, relation: MIRRORED[relation], left: right, right: left };
  const equivalent = UNSIGNED[relation];
  if (equivalent !== undefined && context.range(left).lo >= 0n && context.range(right).lo >= 0n) {
    return { ...instruction, relation: equivalent };
  }
  if (relation !== 'eq' && relation !== 'ne') return undefined;
  return b === undefined ? ofValues(instruction, context) : withConstant(instruction, b, context);
}

function ofPointers({ relation, left, right }: Op<'compare'>, context: Context): ValueId | undefined {
  return left === right ? context.makeConstant(relation === 'eq' ? 1n : 0n) : undefined;
}

/** Equality of two values that went through the same swap. */
function ofValues(instruction: Op<'compare'>, context: Context): Better<'compare'> {
  const [left, right] = [context.definition(instruction.left), context.definition(instruction.right)];
  if (left?.op !== 'swap' || right?.op !== 'swap' || left.width !== right.width) return undefined;
  const fits = [left, right].every(({ value }) => (context.bits(value) & ~lowOnes(left.width)) === 0n);
  return fits ? { ...instruction, left: left.value, right: right.value } : undefined;
}

/** Equality with a constant. */
function withConstant(instruction: Op<'compare'>, constant: bigint, context: Context): Better<'compare'> {
  const { relation, left } = instruction;
  const isBoolean = contains(BOOLEAN, context.range(left));
  if (isBoolean && constant === (relation === 'ne' ? 0n : 1n)) return left;
  const inner = context.definition(left);
  if (isBoolean && inner?.op === 'compare') return { ...inner, relation: NEGATED[inner.relation] };
  if (inner?.op === 'swap') return ofSwapped(instruction, inner, constant, context);
  if (inner?.op !== 'alu') return undefined;
  const other = context.constant(inner.right);
  switch (inner.operation) {
    case 'add':
      if (other === undefined) return undefined;
      return { ...instruction, left: inner.left, right: context.makeConstant(signed(constant - other)) };
    case 'sub':
    case 'xor':
      if (constant === 0n && !context.isPointer(inner.left))
        return { ...instruction, left: inner.left, right: inner.right };
      if (inner.operation === 'sub' || other === undefined) return undefined;
      return { ...instruction, left: inner.left, right: context.makeConstant(constant ^ other) };
    case 'and':
      if (other === undefined) return undefined;
      return (
        ofMaskedSwap(instruction, { masked: inner, mask: other, constant }, context) ??
        ofShifted(instruction, constant, context)
      );
    default:
      return undefined;
  }
}

/** The constant is swapped, once and for all, instead of the value, for every packet. */
function ofSwapped(
  instruction: Op<'compare'>,
  swap: Op<'swap'>,
  constant: bigint,
  context: Context,
): Better<'compare'> {
  const { width, value } = swap;
  const right = () => context.makeConstant(swapped(constant, width));
  if (width === 64) return { ...instruction, left: value, right: right() };
  if (BigInt.asUintN(width, constant) !== constant)
    return context.makeConstant(instruction.relation === 'ne' ? 1n : 0n);
  const fits = (context.bits(value) & ~lowOnes(width)) === 0n;
  const left = fits ? value : context.make({ op: 'truncate', width, value });
  return { ...instruction, left, right: right() };
}

/** `(swap(x) & mask) == c` is `(x & swap(mask)) == swap(c)`. */
function ofMaskedSwap(
  instruction: Op<'compare'>,
  { masked, mask, constant }: { readonly masked: Op<'alu'>; readonly mask: bigint; readonly constant: bigint },
  context: Context,
): Better<'compare'> {
  const swap = context.definition(masked.left);
  if (swap?.op !== 'swap' || !context.usedOnce(instruction.left)) return undefined;
  const low = swap.width === 64 ? mask : mask & lowOnes(swap.width);
  if ((constant & ~low) !== 0n) return context.makeConstant(instruction.relation === 'ne' ? 1n : 0n);
  const right = context.makeConstant(swapped(low, swap.width));
  const left = context.make({ op: 'alu', operation: 'and', left: swap.value, right });
  return { ...instruction, left, right: context.makeConstant(swapped(constant, swap.width)) };
}

/** `((x >> c) & mask) == d` is `(x & (mask << c)) == (d << c)`: bits are tested where they are. */
function ofShifted(instruction: Op<'compare'>, constant: bigint, context: Context): Better<'compare'> {
  const found = unshifted(instruction.left, context);
  if (found === undefined || constant < 0n || constant << found.count > MOST_MASKED) return undefined;
  const right = context.makeConstant(constant << found.count);
  return { ...instruction, left: context.make(found.bits), right };
}
