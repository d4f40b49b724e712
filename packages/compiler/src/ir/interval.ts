// Bounds of values, read as signed 64-bit numbers.

import type { AluOperation, Relation } from './types.ts';

export interface Interval {
  readonly lo: bigint;
  readonly hi: bigint;
}

const LEAST = -(1n << 63n);
const MOST = (1n << 63n) - 1n;
const COUNT = 1n << 64n;

export const FULL: Interval = { lo: LEAST, hi: MOST };
export const BOOLEAN: Interval = { lo: 0n, hi: 1n };
export const exactly = (value: bigint): Interval => ({ lo: value, hi: value });
export const bits = (width: number): Interval => (width >= 64 ? FULL : { lo: 0n, hi: (1n << BigInt(width)) - 1n });

export const equalIntervals = (a: Interval, b: Interval): boolean => a.lo === b.lo && a.hi === b.hi;
export const hull = (a: Interval, b: Interval): Interval => ({ lo: least(a.lo, b.lo), hi: most(a.hi, b.hi) });
export const contains = (outer: Interval, inner: Interval): boolean => outer.lo <= inner.lo && inner.hi <= outer.hi;
export const isConstant = ({ lo, hi }: Interval): boolean => lo === hi;

/** Undefined when nothing lies in both. */
export function meet(a: Interval, b: Interval): Interval | undefined {
  const [lo, hi] = [most(a.lo, b.lo), least(a.hi, b.hi)];
  return lo <= hi ? { lo, hi } : undefined;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const within = (lo: bigint, hi: bigint): Interval => (lo >= LEAST && hi <= MOST ? { lo, hi } : FULL);
/** All ones up to the highest bit of a number that is not negative. */
export const onesUpTo = (value: bigint): bigint => (1n << BigInt(value.toString(2).length)) - 1n;
const spread = (corners: readonly bigint[]): Interval => within(corners.reduce(least), corners.reduce(most));

/** What an operation can give for operands within bounds. */
export function intervalOfAlu(operation: AluOperation, left: Interval, right: Interval): Interval {
  switch (operation) {
    case 'add':
      return within(left.lo + right.lo, left.hi + right.hi);
    case 'sub':
      return within(left.lo - right.hi, left.hi - right.lo);
    case 'mul':
      return spread([left.lo * right.lo, left.lo * right.hi, left.hi * right.lo, left.hi * right.hi]);
    case 'div':
      return divided(left, right);
    case 'mod':
      return remainder(left, right);
    case 'and':
      return conjunction(left, right);
    case 'or':
      return left.lo >= 0n && right.lo >= 0n ? { lo: most(left.lo, right.lo), hi: onesUpTo(left.hi | right.hi) } : FULL;
    case 'xor':
      return left.lo >= 0n && right.lo >= 0n ? { lo: 0n, hi: onesUpTo(left.hi | right.hi) } : FULL;
    default:
      return shifted(operation, left, right);
  }
}

function divided(left: Interval, right: Interval): Interval {
  if (right.lo < 0n) return FULL;
  // Division by 0 gives 0.
  const divisor = most(right.lo, 1n);
  if (left.lo < 0n) return within(0n, (COUNT - 1n) / divisor);
  return { lo: right.lo > 0n ? left.lo / most(right.hi, 1n) : 0n, hi: left.hi / divisor };
}

function remainder(left: Interval, right: Interval): Interval {
  // Modulo 0 gives the dividend.
  if (right.lo <= 0n) return left.lo >= 0n ? { lo: 0n, hi: left.hi } : FULL;
  return { lo: 0n, hi: left.lo >= 0n ? least(right.hi - 1n, left.hi) : right.hi - 1n };
}

function conjunction(left: Interval, right: Interval): Interval {
  if (left.lo < 0n && right.lo < 0n) return FULL;
  if (left.lo < 0n) return { lo: 0n, hi: right.hi };
  return { lo: 0n, hi: right.lo < 0n ? left.hi : least(left.hi, right.hi) };
}

function shifted(operation: 'shl' | 'shr' | 'sar', value: Interval, count: Interval): Interval {
  if (count.lo < 0n || count.hi > 63n) return operation === 'sar' && value.lo >= 0n ? { lo: 0n, hi: value.hi } : FULL;
  if (operation === 'shl')
    return spread([value.lo << count.lo, value.lo << count.hi, value.hi << count.lo, value.hi << count.hi]);
  if (operation === 'sar' || value.lo >= 0n) {
    return spread([value.lo >> count.lo, value.lo >> count.hi, value.hi >> count.lo, value.hi >> count.hi]);
  }
  return count.lo > 0n ? { lo: 0n, hi: (COUNT - 1n) >> count.lo } : FULL;
}

/** The low bits, zero-extended. */
export function intervalOfTruncation(value: Interval, width: number): Interval {
  return contains(bits(width), value) ? value : bits(width);
}

/** What of `value` is left when it stands in a relation to something within `other`; undefined: nothing can be. */
export function constrained(value: Interval, relation: Relation, other: Interval): Interval | undefined {
  const isUnsigned = relation.startsWith('u');
  // In the signed order, an unsigned comparison says something only where the sign is known.
  if (isUnsigned && other.lo < 0n) return value;
  switch (relation) {
    case 'eq':
      return meet(value, other);
    case 'ne':
      return without(value, other);
    case 'ult':
      return other.hi === 0n ? undefined : meet(value, { lo: 0n, hi: other.hi - 1n });
    case 'ule':
      return meet(value, { lo: 0n, hi: other.hi });
    case 'ugt':
      return value.lo < 0n ? value : above(value, other.lo);
    case 'uge':
      return value.lo < 0n ? value : meet(value, { lo: other.lo, hi: MOST });
    case 'slt':
      return other.hi === LEAST ? undefined : meet(value, { lo: LEAST, hi: other.hi - 1n });
    case 'sle':
      return meet(value, { lo: LEAST, hi: other.hi });
    case 'sgt':
      return above(value, other.lo);
    case 'sge':
      return meet(value, { lo: other.lo, hi: MOST });
  }
}

const above = (value: Interval, bound: bigint): Interval | undefined =>
  bound === MOST ? undefined : meet(value, { lo: bound + 1n, hi: MOST });

function without(value: Interval, other: Interval): Interval | undefined {
  if (!isConstant(other)) return value;
  if (isConstant(value)) return value.lo === other.lo ? undefined : value;
  if (value.lo === other.lo) return { lo: value.lo + 1n, hi: value.hi };
  return value.hi === other.lo ? { lo: value.lo, hi: value.hi - 1n } : value;
}

/** Whether a relation holds for all values within the bounds, for none, or for some (undefined). */
export function decided(left: Interval, relation: Relation, right: Interval): boolean | undefined {
  const [a, b] = relation.startsWith('u') ? [unsignedBounds(left), unsignedBounds(right)] : [left, right];
  switch (relation) {
    case 'eq':
      return isConstant(a) && equalIntervals(a, b) ? true : meet(a, b) === undefined ? false : undefined;
    case 'ne':
      return isConstant(a) && equalIntervals(a, b) ? false : meet(a, b) === undefined ? true : undefined;
    case 'ult':
    case 'slt':
      return a.hi < b.lo ? true : a.lo >= b.hi ? false : undefined;
    case 'ule':
    case 'sle':
      return a.hi <= b.lo ? true : a.lo > b.hi ? false : undefined;
    case 'ugt':
    case 'sgt':
      return a.lo > b.hi ? true : a.hi <= b.lo ? false : undefined;
    case 'uge':
    case 'sge':
      return a.lo >= b.hi ? true : a.hi < b.lo ? false : undefined;
  }
}

function unsignedBounds({ lo, hi }: Interval): Interval {
  if (lo >= 0n) return { lo, hi };
  return hi < 0n ? { lo: lo + COUNT, hi: hi + COUNT } : { lo: 0n, hi: COUNT - 1n };
}
