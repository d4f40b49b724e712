import type { Lanes } from './intervals.ts';
import { halfOf, type Layout, wordsPerAddress } from './layout.ts';
import type { Family } from './shape.ts';

/** A number that rules bound from both sides and cuts divide: a lane, or one 32-bit word of an address. */
export interface Dimension {
  /** Position of its field in the shape. */
  readonly field: number;
  /** Number of the prefix field that it is a word of. */
  readonly prefix?: number;
  /** Which half of 32 bits of the key it lies in, and where there. */
  readonly word: number;
  readonly bit: number;
  readonly bits: number;
  /** Low bits by which no rules differ. */
  readonly grain: number;
}

/** The rules of one family as boxes, in order: a range in every dimension, both ends included. A rule that lists values
 *  apart from each other is several boxes. */
export interface Entries {
  readonly dimensions: readonly Dimension[];
  readonly count: number;
  /** By dimension, then box. */
  readonly low: readonly Uint32Array[];
  readonly high: readonly Uint32Array[];
  /** Rule number of each box; ascends. */
  readonly rule: Uint32Array;
}

export function dimensionsOf(layout: Layout, lanes: Lanes, family: Family): Dimension[] {
  const each = wordsPerAddress(family);
  return [
    ...lanes.ranges.map(({ bits, grain }, lane) => {
      return { field: layout.ranges[lane] ?? 0, word: 0, bit: 16 * lane, bits, grain };
    }),
    ...lanes.exacts.map(({ bit, bits }, lane) => ({ field: layout.exacts[lane] ?? 0, word: 1, bit, bits, grain: 0 })),
    ...layout.prefixes.flatMap((field, prefix) =>
      Array.from({ length: each }, (_, index) => {
        return { field, prefix, word: halfOf(prefix, index, family), bit: 0, bits: 32, grain: 0 };
      }),
    ),
  ];
}

/** The bits of a prefix in 32-bit word `word` of its address. */
export function maskOf(length: number, word: number): number {
  const bits = Math.min(32, Math.max(0, length - 32 * word));
  return bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0;
}

/** In host order. */
export function wordOf(address: Uint8Array, word: number): number {
  const at = 4 * word;
  const [a = 0, b = 0, c = 0, d = 0] = [address[at], address[at + 1], address[at + 2], address[at + 3]];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}
