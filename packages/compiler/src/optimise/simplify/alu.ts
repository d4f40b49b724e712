import { computeAlu, signed, unsigned } from '../../ir/arithmetic.ts';
import { onesUpTo } from '../../ir/interval.ts';
import type { AluOperation, ValueId } from '../../ir/types.ts';
import { type Better, type Context, lowOnes, type Op, type Unnamed, widthOfMask } from './context.ts';

const COMMUTATIVE: ReadonlySet<AluOperation> = new Set(['add', 'mul', 'and', 'or', 'xor']);

export function betterAlu(instruction: Op<'alu'>, context: Context): Better<'alu'> {
  const { operation, left, right } = instruction;
  if (context.isPointer(left) || context.isPointer(right)) return undefined;
  const [a, b] = [context.constant(left), context.constant(right)];
  if (a !== undefined && b !== undefined) return context.makeConstant(computeAlu(operation, a, b));
  if (a !== undefined && COMMUTATIVE.has(operation)) return { ...instruction, left: right, right: left };
  if (b !== undefined) return withConstant(instruction, b, context);
  if (a !== undefined) return constantFirst(instruction, a, context);
  if (left === right) return ofTwins(operation, left, context);
  return operation === 'xor' ? (undone(left, right, context) ?? undone(right, left, context)) : undefined;
}

/** `(x ^ y) ^ y` is x. */
function undone(value: ValueId, again: ValueId, context: Context): ValueId | undefined {
  const inner = context.definition(value);
  if (inner?.op !== 'alu' || inner.operation !== 'xor') return undefined;
  if (inner.right === again) return inner.left;
  return inner.left === again ? inner.right : undefined;
}

function ofTwins(operation: AluOperation, value: ValueId, context: Context): ValueId | undefined {
  if (operation === 'sub' || operation === 'xor') return context.makeConstant(0n);
  return operation === 'and' || operation === 'or' ? value : undefined;
}

/** `constant operation value`. */
function constantFirst({ operation, left, right }: Op<'alu'>, constant: bigint, context: Context): Better<'alu'> {
  if (constant === 0n && operation !== 'sub') return left;
  // All ones minus something within them borrows nothing: the complement.
  const isOnes = constant > 0n && constant === onesUpTo(constant);
  if (operation === 'sub' && isOnes && (context.bits(right) & ~constant) === 0n) {
    return { op: 'alu', operation: 'xor', left: right, right: left };
  }
  return undefined;
}

/** `value operation constant`. */
function withConstant(instruction: Op<'alu'>, constant: bigint, context: Context): Better<'alu'> {
  const { operation, left } = instruction;
  switch (operation) {
    case 'add':
      return constant === 0n ? left : chained(instruction, constant, context);
    case 'sub':
      return alu('add', left, context.makeConstant(signed(-constant)));
    case 'or':
    case 'xor':
      return constant === 0n ? left : chained(instruction, constant, context);
    case 'and':
      return masked(instruction, constant, context);
    case 'shl':
    case 'shr':
    case 'sar':
      return shifted(instruction, constant & 63n, context);
    case 'mul':
      return multiplied(instruction, constant, context);
    case 'div':
    case 'mod':
      return divided(instruction, unsigned(constant), context);
  }
}

const alu = (operation: AluOperation, left: ValueId, right: ValueId): Unnamed => ({
  op: 'alu',
  operation,
  left,
  right,
});

/** `(x operation c) operation d` is `x operation (c operation d)`, for associative operations. */
function chained({ operation, left }: Op<'alu'>, constant: bigint, context: Context): Better<'alu'> {
  const inner = context.definition(left);
  if (inner?.op !== 'alu' || inner.operation !== operation) return undefined;
  const other = context.constant(inner.right);
  if (other === undefined) return undefined;
  return alu(operation, inner.left, context.makeConstant(computeAlu(operation, other, constant)));
}

function masked(instruction: Op<'alu'>, constant: bigint, context: Context): Better<'alu'> {
  const { left } = instruction;
  const possible = context.bits(left);
  const mask = unsigned(constant);
  if ((possible & ~mask) === 0n) return left;
  if ((possible & mask) === 0n) return context.makeConstant(0n);
  const width = widthOfMask(mask);
  if (width !== undefined) return { op: 'truncate', width, value: left };
  const inner = context.definition(left);
  if (inner?.op === 'truncate') {
    const narrower = mask & lowOnes(inner.width);
    return alu('and', inner.value, context.makeConstant(narrower));
  }
  return withinOneMask(instruction, mask, context) ?? chained(instruction, constant, context);
}

/** `((x & c) | y) & mask` is `(x & (c & mask)) | y` if the mask takes nothing from y. */
function withinOneMask({ left }: Op<'alu'>, mask: bigint, context: Context): Better<'alu'> {
  const both = context.definition(left);
  if (both?.op !== 'alu' || both.operation !== 'or' || !context.usedOnce(left)) return undefined;
  for (const [one, other] of [
    [both.left, both.right],
    [both.right, both.left],
  ] as const) {
    const part = context.definition(one);
    const own = part?.op === 'alu' && part.operation === 'and' ? context.constant(part.right) : undefined;
    if (part?.op !== 'alu' || own === undefined || (context.bits(other) & ~mask) !== 0n) continue;
    const narrowed = context.make(alu('and', part.left, context.makeConstant(signed(unsigned(own) & mask))));
    return alu('or', narrowed, other);
  }
  return undefined;
}

/** What an immediate operand holds without a sign. */
export const MOST_MASKED = 0x7fff_ffffn;

/** `(x >> c) & mask` as the bits of x, unmoved, if an instruction can hold that mask; and by how much it was moved. */
export function unshifted(
  value: ValueId,
  context: Context,
): { readonly bits: Unnamed; readonly count: bigint } | undefined {
  const masked = context.definition(value);
  if (masked?.op !== 'alu' || masked.operation !== 'and' || !context.usedOnce(value)) return undefined;
  const mask = context.constant(masked.right);
  const moved = context.definition(masked.left);
  if (mask === undefined || mask < 0n || moved?.op !== 'alu' || moved.operation !== 'shr') return undefined;
  const count = context.constant(moved.right);
  if (count === undefined || count < 0n || count > 31n || mask << count > MOST_MASKED) return undefined;
  return { bits: alu('and', moved.left, context.makeConstant(mask << count)), count };
}

function shifted({ operation, left }: Op<'alu'>, count: bigint, context: Context): Better<'alu'> {
  if (count === 0n) return left;
  const inner = context.definition(left);
  if (operation === 'sar' && context.range(left).lo >= 0n) return alu('shr', left, context.makeConstant(count));
  if (inner?.op !== 'alu') return undefined;
  const innerCount = context.constant(inner.right);
  if (innerCount === undefined) return undefined;
  const before = innerCount & 63n;
  if (inner.operation === operation && operation !== 'sar') {
    if (before + count > 63n) return context.makeConstant(0n);
    return alu(operation, inner.left, context.makeConstant(before + count));
  }
  // Up and down again by as much: a mask, or nothing if no bit was lost.
  if (operation === 'shr' && inner.operation === 'shl' && before === count) {
    return alu('and', inner.left, context.makeConstant(signed(lowOnes(64 - Number(count)))));
  }
  return undefined;
}

function multiplied(instruction: Op<'alu'>, constant: bigint, context: Context): Better<'alu'> {
  const { left } = instruction;
  if (constant === 0n) return context.makeConstant(0n);
  if (constant === 1n) return left;
  const power = powerOfTwo(unsigned(constant));
  if (power !== undefined) return alu('shl', left, context.makeConstant(power));
  return chained(instruction, constant, context);
}

function divided({ operation, left }: Op<'alu'>, divisor: bigint, context: Context): Better<'alu'> {
  if (divisor === 0n) return operation === 'div' ? context.makeConstant(0n) : left;
  const power = powerOfTwo(divisor);
  if (power === undefined) return undefined;
  if (operation === 'mod') return alu('and', left, context.makeConstant(signed(divisor - 1n)));
  return power === 0n ? left : alu('shr', left, context.makeConstant(power));
}

function powerOfTwo(value: bigint): bigint | undefined {
  return value > 0n && (value & (value - 1n)) === 0n ? BigInt(value.toString(2).length - 1) : undefined;
}
