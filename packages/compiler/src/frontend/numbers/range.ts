// Intervals of exact integers, both ends included.

import type { Range } from '../value.ts';

export const SIGNED_64: Range = { low: -(2n ** 63n), high: 2n ** 63n - 1n };
export const SIGNED_32: Range = { low: -(2n ** 31n), high: 2n ** 31n - 1n };
export const UNSIGNED_32: Range = { low: 0n, high: 2n ** 32n - 1n };
/** What is neither negative nor has bit 31 set: bitwise operators see it as it is. */
export const POSITIVE_31: Range = { low: 0n, high: 2n ** 31n - 1n };

export const point = (value: bigint): Range => ({ low: value, high: value });
export const minimum = (a: bigint, b: bigint) => (a < b ? a : b);
export const maximum = (a: bigint, b: bigint) => (a > b ? a : b);

export const contains = (outer: Range, inner: Range) => outer.low <= inner.low && inner.high <= outer.high;
export const hull = (a: Range, b: Range): Range => ({ low: minimum(a.low, b.low), high: maximum(a.high, b.high) });
/** `undefined`: they have nothing in common. */
export function intersection(a: Range, b: Range): Range | undefined {
  const low = maximum(a.low, b.low);
  const high = minimum(a.high, b.high);
  return low <= high ? { low, high } : undefined;
}

/** The value that is the only one. */
export const only = ({ low, high }: Range): bigint | undefined => (low === high ? low : undefined);

/** The smallest interval with all that a monotone operation makes of the ends. */
export function corners(a: Range, b: Range, operation: (a: bigint, b: bigint) => bigint): Range {
  const all = [operation(a.low, b.low), operation(a.low, b.high), operation(a.high, b.low), operation(a.high, b.high)];
  return { low: all.reduce(minimum), high: all.reduce(maximum) };
}

/** All integers with as many bits as the range's largest has. */
export function bitsOf({ high }: Range): Range {
  return { low: 0n, high: high <= 0n ? 0n : 2n ** BigInt(high.toString(2).length) - 1n };
}

export const rangeText = ({ low, high }: Range) => (low === high ? `${low}` : `${low}…${high}`);
