// The roots of trees of narrow prefixes: the bits that all of their prefixes have, hashed, are the child's number, so that a few networks
// with many rules each are told apart in one step, whatever bits they differ in, and without copies of rules.

/** 2^64 by the golden ratio. */
export const HASH_FACTOR = 0x9e3779b97f4a7c15n;
const FACTOR_HIGH = 0x9e3779b9;
const FACTOR_LOW = 0x7f4a7c15;

/** What is hashed of an address at most. */
export const MOST_HASHED = 64;
/** Children at most: 2^16. */
const MOST_INDEX_BITS = 16;

/** What a hash root takes of an address, in bits from the first on. */
export interface RootHash {
  /** Number of the prefix field. */
  readonly prefix: number;
  readonly length: number;
}

/** Twice as many children as rules at least. */
export function indexBitsFor(rules: number): number {
  return Math.min(MOST_INDEX_BITS, Math.ceil(Math.log2(Math.max(1, rules))) + 1);
}

/** Bits 32 to 63 of the product of HASH_FACTOR and the first `length` bits of an address that begins with these words of 32. */
export function hashOf(first: number, second: number, length: number): number {
  const drop = MOST_HASHED - length;
  if (drop >= 32) return upperHalf(0, drop === 64 ? 0 : first >>> (drop - 32));
  return drop === 0 ? upperHalf(first, second) : upperHalf(first >>> drop, (second >>> drop) | (first << (32 - drop)));
}

function upperHalf(high: number, low: number): number {
  return (multiplyHigh(low >>> 0, FACTOR_LOW) + Math.imul(low, FACTOR_HIGH) + Math.imul(high, FACTOR_LOW)) >>> 0;
}

/** Bits 32 to 63 of a product of two words of 32. */
function multiplyHigh(left: number, right: number): number {
  const [l0, l1, r0, r1] = [left & 0xffff, left >>> 16, right & 0xffff, right >>> 16];
  const middle = l1 * r0 + Math.floor((l0 * r0) / 0x10000);
  const other = l0 * r1 + (middle % 0x10000);
  return l1 * r1 + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000);
}
