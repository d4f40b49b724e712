// Where things lie in the table. Positions are in words of 8 bytes, little endian, from the start of the value.
//
//   0       the empty leaf: no rule below
//   1..5    roots of the IPv4 trees (narrow prefixes of the first field, of the second; less narrow ones; the rest), always cut words
//   6..10   roots of the IPv6 trees
//   11      guard bits of all lanes
//   12      bits 0-31 where the cells of the cross product (cross-product.ts) begin, in bytes; 0: there is none
//           32-63 families that have trees, see treesBit
//   16..    for each range field: 256 x u32, by the upper byte of the value
//           bits 0-15 first interval of the 256 values, 16-31 page in units of 64 words
//   ..      for each exact field: 256 x u32, the value's lane, already in place for the upper half of the key's lanes
//   ..      of the cross product, by the upper 12 bits of the last range field: 4096 x u16, lines to go on
//   ..      for each other range field: 256 x u32, by the upper byte of the value the page, in bytes
//   ..      for each exact field: 256 x u16, lines to go on
//   ..      pages of 256 x u16: interval relative to the first, by the lower byte; equal pages are one
//   ..      pages of the cross product: 256 x u16, lines to go on, by the lower byte; equal pages are one
//   ..      cells of the cross product: u32, the number of the first rule; by the lower 4 bits of the last range field 16 are a line
//   ..      cut words, leaf words and records, mixed
//
// Cut word      63        44 43     42 41      39 38       33 32      27 26 25               3 2 0
//              | lowest rule |   -    | key word | right     | left     | 1 | first child      | 0 |
// Leaf word     63        44 43                39 38       33 32      27 26 25               3 2 0
//              | lowest rule |         -         | count     |    -     | 0 | first record     | 0 |
// Hash root     63        44 43                39 38       33 32      27 26 25               3 2 0
//              | lowest rule | 29 - index bits   | right     | left     | 1 | first child      | 0 |
//
// First children and records are offsets in bytes. Child = first child + ((key[key word] << left) >> right), whose lowest 3 bits
// do not count: they are those below the index. Roots of narrow prefixes are hash roots: what `left` and `right` leave of their address
// are the bits that all their prefixes have, and times HASH_FACTOR, from bit 32 on, right by bits 39-43, they are the child's offset.
//
// Key: words of 64 bits. 0 has the lanes, then the addresses' words of 32 bits in host order, two in each, the first (most significant)
// above the second.
// Lanes, 64 bits   63     54 53               32 31 30      16 15 14       0
//                 | rule    | exact fields, each | g | range 1 | g | range 0 |
//                 | (half)  | with its guard     |   |         |   |         |
// Record: address values, address masks (in the key's order), low ends with the rule number's bits 0-9, high ends with all guard bits
// and the rule number's bits 10-19.

import { type ClassifierShape, type Family, type FieldPositions, fieldPositions } from './shape.ts';

/** In a cut or leaf word: no rule below. */
export const NO_RULE = 0xfffff;
/** Upper half of the word that an absent child is; its lower half is 0. */
export const EMPTY_LEAF = (NO_RULE << 12) >>> 0;
/** Rules are numbered 0 to NO_RULE - 1. */
export const MAX_RULES = NO_RULE;

export const CUT_BIT = 1 << 26;
export const OFFSET_MASK = CUT_BIT - 8;
/** In the whole word of 64 bits, as those that follow. */
export const LEFT_BIT = 27;
export const RIGHT_BIT = 33;
export const COUNT_BIT = 33;
export const KEY_WORD_BIT = 39;
export const HASH_SHIFT_BIT = 39;
/** Right shift that leaves of a word of the key nothing that counts. */
export const NO_BITS = 63;
/** What leaves nothing that counts of a product. */
export const NO_HASH = 31;
export const LOWEST_BIT = 44;

/** Most cuts below the root; the emitted walk's bound. */
export const MAX_STEPS = 22;
/** Most records of a leaf, a mask: verifiers walk as many of each tree. The count has room for 63. */
export const MAX_RECORDS = 31;

/** Bits of a range's lane without the guard. */
export const RANGE_LANE_BITS = 15;
export const MAX_INTERVALS = 0x7fff;
/** Bits in the upper half of the lanes for all exact fields with their guards; above them is the rule number's half. */
export const EXACT_LANE_BITS = 22;
export const RULE_HALF_BITS = 10;

export const GUARD_WORD = 11;
export const PRODUCT_WORD = 12;
/** In the upper half of that word. */
export const treesBit = (family: Family): number => (family === 4 ? 1 : 2);
const TABLES = 16;
const WORDS_PER_TABLE = 128;
const WORDS_PER_SHORT_TABLE = 64;
const WORDS_OF_LINES = 1024;
/** Bits of the last range field that choose the cell in a line of the cross product. */
export const CELL_BITS = 4;
export const PAGE_WORDS = 64;

export interface Layout extends FieldPositions {
  readonly shape: ClassifierShape;
  /** Trees of a family: two for each prefix that can be narrow, and the rest. */
  readonly trees: number;
  /** Position of each range field's table of 256 pages. */
  readonly rangeTables: readonly number[];
  readonly exactTables: readonly number[];
  /** The same of the cross product: of the last range field, of those before it, of exact fields. */
  readonly lineTable: number;
  readonly rangeAdditions: readonly number[];
  readonly exactAdditions: readonly number[];
  /** Position of the first page. */
  readonly pages: number;
}

export function layoutOf(shape: ClassifierShape): Layout {
  const fields = fieldPositions(shape);
  const rangeTables = fields.ranges.map((_, index) => TABLES + index * WORDS_PER_TABLE);
  const afterRanges = TABLES + rangeTables.length * WORDS_PER_TABLE;
  const exactTables = fields.exacts.map((_, index) => afterRanges + index * WORDS_PER_TABLE);
  const lineTable = afterRanges + exactTables.length * WORDS_PER_TABLE;
  const additions = lineTable + (fields.ranges.length > 0 ? WORDS_OF_LINES : 0);
  const rangeAdditions = fields.ranges.slice(1).map((_, index) => additions + index * WORDS_PER_TABLE);
  const shortTables = additions + rangeAdditions.length * WORDS_PER_TABLE;
  const exactAdditions = fields.exacts.map((_, index) => shortTables + index * WORDS_PER_SHORT_TABLE);
  const end = shortTables + exactAdditions.length * WORDS_PER_SHORT_TABLE;
  const tables = { rangeTables, exactTables, lineTable, rangeAdditions, exactAdditions };
  const pages = Math.ceil(end / PAGE_WORDS) * PAGE_WORDS;
  return { ...fields, ...tables, shape, trees: 2 * fields.prefixes.length + 1, pages };
}

/** Position of the first root of a family. */
export function firstRoot(family: Family): number {
  return family === 4 ? 1 : 6;
}

/** Words of 32 bits in front of the addresses in a key. */
export const LANE_WORDS = 2;

/** Which half of the key (of 32 bits, lower before upper) has word `word` of the address of prefix field number `prefix`. */
export function halfOf(prefix: number, word: number, family: Family): number {
  return LANE_WORDS + ((prefix * wordsPerAddress(family) + word) ^ 1);
}

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
