// Where things lie in the table. Positions are in words of 8 bytes, little endian, from the start of the value.
//
//   0       the empty leaf: what an absent child is
//   1..3    roots of the IPv4 trees (longest prefix narrow and in the first field, in the second, rest), always cut words
//   4..6    roots of the IPv6 trees
//   7       guard bits of all lanes
//   8..     for each range field: 256 x u32, by the upper byte of the value
//           bits 0-15 first interval of the 256 values, 16-31 page in units of 64 words
//   ..      for each exact field: 256 x u32, the value's lane, already in place for the upper half of the key's lanes
//   ..      pages of 256 x u16: interval relative to the first, by the lower byte; equal pages are one
//   ..      cut words, leaf words and records, mixed
//
// Cut word      63        44 43  41 40      36 35      32 31 30 29     25 24 23            0
//              | lowest rule |  -  | index bits | key word |  -  |  shift  | 1 | first child |
// Leaf word     63        44 43                      31 30           25 24 23            0
//              | lowest rule |            -            |    count     | 0 | first record |
//
// Child = first child + ((key[key word] >> shift) & (2^(index bits) - 1)).
//
// Key: words of 32 bits. 0 and 1 are the lanes, then the addresses' words in host order, first (most significant) first.
// Lanes, 64 bits   63     54 53               32 31 30      16 15 14       0
//                 | rule    | exact fields, each | g | range 1 | g | range 0 |
//                 | (half)  | with its guard     |   |         |   |         |
// Record: address values, address masks (as 32-bit words in the key's order, in whole words of 64), low ends with the
// rule number's bits 0-9, high ends with all guard bits and the rule number's bits 10-19.

import { type ClassifierShape, type Family, type FieldPositions, fieldPositions } from './shape.ts';

/** In a cut or leaf word: no rule below. */
export const NO_RULE = 0xfffff;
/** Rules are numbered 0 to NO_RULE - 1. */
export const MAX_RULES = NO_RULE;

export const CUT_BIT = 1 << 24;
export const BASE_MASK = CUT_BIT - 1;
export const LOWEST_BIT = 44;
/** In the whole word of 64 bits. */
export const SHIFT_BIT = 25;
export const KEY_WORD_BIT = 32;
export const INDEX_BITS_BIT = 36;
export const COUNT_BIT = 25;

/** Most cuts below the root; the emitted walk's bound. */
export const MAX_STEPS = 22;
/** Most records of a leaf; what the count's 6 bits hold. */
export const MAX_RECORDS = 63;

/** Bits of a range's lane without the guard. */
export const RANGE_LANE_BITS = 15;
export const MAX_INTERVALS = 0x7fff;
/** Bits in the upper half of the lanes for all exact fields with their guards; above them is the rule number's half. */
export const EXACT_LANE_BITS = 22;
export const RULE_HALF_BITS = 10;

export const GUARD_WORD = 7;
const TABLES = 8;
const WORDS_PER_TABLE = 128;
export const PAGE_WORDS = 64;

export interface Layout extends FieldPositions {
  readonly shape: ClassifierShape;
  /** Trees of a family: one for each prefix that can be narrow, and the rest. */
  readonly trees: number;
  /** Position of each range field's table of 256 pages. */
  readonly rangeTables: readonly number[];
  readonly exactTables: readonly number[];
  /** Position of the first page. */
  readonly pages: number;
}

export function layoutOf(shape: ClassifierShape): Layout {
  const fields = fieldPositions(shape);
  const rangeTables = fields.ranges.map((_, index) => TABLES + index * WORDS_PER_TABLE);
  const afterRanges = TABLES + rangeTables.length * WORDS_PER_TABLE;
  const exactTables = fields.exacts.map((_, index) => afterRanges + index * WORDS_PER_TABLE);
  const afterExacts = afterRanges + exactTables.length * WORDS_PER_TABLE;
  const pages = Math.ceil(afterExacts / PAGE_WORDS) * PAGE_WORDS;
  return { ...fields, shape, trees: fields.prefixes.length + 1, rangeTables, exactTables, pages };
}

/** Position of the first root of a family. */
export function firstRoot(family: Family): number {
  return family === 4 ? 1 : 4;
}

export const LANE_WORDS = 2;

/** 32-bit words of one address. */
export function wordsPerAddress(family: Family): number {
  return family === 4 ? 1 : 4;
}

/** 64-bit words that hold all addresses of a key, and their values and masks in a record. */
export function addressWords({ prefixes }: Layout, family: Family): number {
  return Math.ceil((prefixes.length * wordsPerAddress(family)) / 2);
}

/** In words of 64 bits. */
export function recordWords(layout: Layout, family: Family): number {
  return 2 * addressWords(layout, family) + 2;
}
