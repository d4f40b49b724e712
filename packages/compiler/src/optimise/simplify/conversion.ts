import { swapped, truncated, unsigned } from '../../ir/arithmetic.ts';
import type { AluOperation, ValueId } from '../../ir/types.ts';
import { type Better, type Context, lowOnes, type Op } from './context.ts';

/** Operations whose low bits depend on the low bits of their operands alone. */
const LOW_BITS: ReadonlySet<AluOperation> = new Set(['add', 'sub', 'mul', 'and', 'or', 'xor']);

export function betterTruncate({ value, width }: Op<'truncate'>, context: Context): Better<'truncate'> {
  const constant = context.constant(value);
  if (constant !== undefined) return context.makeConstant(truncated(constant, width));
  if ((context.bits(value) & ~lowOnes(width)) === 0n) return value;
  const low = lowPart(value, width, context);
  if (low !== value) return { op: 'truncate', width, value: low };
  const inner = context.definition(value);
  if (inner?.op === 'truncate')
    return { op: 'truncate', width: inner.width < width ? inner.width : width, value: inner.value };
  if (inner?.op === 'alu' && inner.operation === 'and') {
    const mask = context.constant(inner.right);
    if (mask === undefined) return undefined;
    const both = context.makeConstant(unsigned(mask) & lowOnes(width));
    return { op: 'alu', operation: 'and', left: inner.left, right: both };
  }
  return undefined;
}

/** A value with the same low bits that takes fewer operations: what is going to be cut off need not be masked before. */
export function lowPart(value: ValueId, width: number, context: Context): ValueId {
  const definition = context.definition(value);
  if (definition?.op === 'truncate' && definition.width >= width) return lowPart(definition.value, width, context);
  if (definition?.op !== 'alu') return value;
  const { operation, left, right } = definition;
  const constant = context.constant(right);
  if (operation === 'and' && constant !== undefined && (unsigned(constant) & lowOnes(width)) === lowOnes(width)) {
    return lowPart(left, width, context);
  }
  if (context.isPointer(left) || !context.usedOnce(value)) return value;
  if (!LOW_BITS.has(operation) && operation !== 'shl') return value;
  const [a, b] = [lowPart(left, width, context), operation === 'shl' ? right : lowPart(right, width, context)];
  if (a === left && b === right) return value;
  return context.make({ op: 'alu', operation, left: a, right: b });
}

export function betterSwap({ value, width }: Op<'swap'>, context: Context): Better<'swap'> {
  const constant = context.constant(value);
  if (constant !== undefined) return context.makeConstant(swapped(constant, width));
  const inner = context.definition(value);
  if (inner?.op === 'swap' && inner.width === width) {
    return width === 64 ? inner.value : { op: 'truncate', width, value: inner.value };
  }
  if (width === 64) return undefined;
  // Upper bits are ignored.
  const low = lowPart(value, width, context);
  return low === value ? undefined : { op: 'swap', width, value: low };
}
