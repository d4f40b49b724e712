import { wordOf } from './entries.ts';
import { hashOf, MOST_HASHED } from './hash-root.ts';
import {
  addressWords,
  CELL_BITS,
  COUNT_BIT,
  CUT_BIT,
  firstRoot,
  GUARD_WORD,
  HASH_SHIFT_BIT,
  halfOf,
  KEY_WORD_BIT,
  LANE_WORDS,
  type Layout,
  LEFT_BIT,
  LOWEST_BIT,
  layoutOf,
  MAX_RECORDS,
  NO_RULE,
  OFFSET_MASK,
  PAGE_WORDS,
  PRODUCT_WORD,
  RIGHT_BIT,
  recordWords,
  treesBit,
  wordsPerAddress,
} from './layout.ts';
import { familyOfKey, type Key } from './rule.ts';
import type { ClassifierShape, Family } from './shape.ts';

/** Adds up what lookups cost. */
export interface WalkTally {
  steps: number;
  records: number;
}

/** The number of the first rule that matches, as the emitted walk finds it. */
export function lookup(table: Uint8Array<ArrayBuffer>, shape: ClassifierShape, key: Key): number | undefined {
  return new Walk(layoutOf(shape), table).lookup(key);
}

/** Looks up many keys in one table. */
export class Walk {
  readonly #layout: Layout;
  /** Halves of the table's words. */
  readonly #table: Uint32Array;
  readonly tally: WalkTally = { steps: 0, records: 0 };

  constructor(layout: Layout, table: Uint8Array<ArrayBuffer>) {
    this.#layout = layout;
    this.#table = new Uint32Array(table.buffer, table.byteOffset, table.byteLength / 4);
  }

  lookup(key: Key): number | undefined {
    const family = familyOfKey(key);
    const words = this.#keyWords(key, family);
    let best = this.#combined(key);
    if ((this.#half(2 * PRODUCT_WORD + 1) & treesBit(family)) === 0) return best === NO_RULE ? undefined : best;
    const last = this.#layout.trees - 1;
    for (let tree = 0; tree <= last; tree++) {
      const root = firstRoot(family) + tree;
      let at =
        tree < last ? this.#hashed(root, tree % this.#layout.prefixes.length, words, family) : this.#child(root, words);
      while (this.#lowest(at) < best && this.#isCut(at)) at = this.#child(at, words);
      if (this.#lowest(at) < best) best = Math.min(best, this.#firstOf(at, words, family));
    }
    return best === NO_RULE ? undefined : best;
  }

  /** What the cross product says. */
  #combined(key: Key): number {
    const first = this.#half(2 * PRODUCT_WORD) / 4;
    if (first === 0) return NO_RULE;
    this.tally.steps++;
    const { ranges, exacts, lineTable, rangeAdditions, exactAdditions } = this.#layout;
    let line = 0;
    for (const [index, field] of ranges.slice(0, -1).entries()) {
      const value = Number(key[field]);
      const page = this.#half(2 * (rangeAdditions[index] ?? 0) + (value >>> 8)) / 4;
      line += this.#quarter(page, value & 0xff);
    }
    for (const [index, field] of exacts.entries())
      line += this.#quarter(2 * (exactAdditions[index] ?? 0), Number(key[field]));
    const last = ranges.at(-1);
    if (last === undefined) return this.#half(first + line);
    const value = Number(key[last]);
    line += this.#quarter(2 * lineTable, value >>> CELL_BITS);
    return this.#half(first + (line << CELL_BITS) + (value & (2 ** CELL_BITS - 1)));
  }

  /** 16 bits, counted from a half on. */
  #quarter(half: number, index: number): number {
    return (this.#half(half + (index >>> 1)) >>> (16 * (index & 1))) & 0xffff;
  }

  #half(index: number): number {
    return this.#table[index] ?? 0;
  }

  #isCut(at: number): boolean {
    return (this.#half(2 * at) & CUT_BIT) !== 0;
  }

  #lowest(at: number): number {
    return this.#half(2 * at + 1) >>> (LOWEST_BIT - 32);
  }

  #child(at: number, words: Uint32Array): number {
    this.tally.steps++;
    const high = this.#half(2 * at + 1);
    const left = this.#left(at);
    const bits = 61 - this.#right(at);
    const keyWord = 2 * ((high >>> (KEY_WORD_BIT - 32)) & 7);
    // The bits of an index lie in one half.
    const half = words[left < 32 ? keyWord + 1 : keyWord] ?? 0;
    return this.#position(at) + (bits > 0 ? ((half << (left & 31)) >>> 0) >>> (32 - bits) : 0);
  }

  #hashed(at: number, prefix: number, words: Uint32Array, family: Family): number {
    this.tally.steps++;
    const first = words[halfOf(prefix, 0, family)] ?? 0;
    const second = family === 4 ? 0 : (words[halfOf(prefix, 1, family)] ?? 0);
    const hash = hashOf(first, second, MOST_HASHED - this.#right(at));
    const shift = (this.#half(2 * at + 1) >>> (HASH_SHIFT_BIT - 32)) & 31;
    return this.#position(at) + ((hash >>> shift) >>> 3);
  }

  #position(at: number): number {
    return (this.#half(2 * at) & OFFSET_MASK) / 8;
  }

  #left(at: number): number {
    return ((this.#half(2 * at) >>> LEFT_BIT) | (this.#half(2 * at + 1) << (32 - LEFT_BIT))) & 63;
  }

  #right(at: number): number {
    return (this.#half(2 * at + 1) >>> (RIGHT_BIT - 32)) & 63;
  }

  #firstOf(at: number, words: Uint32Array, family: Family): number {
    const first = this.#position(at);
    const count = (this.#half(2 * at + 1) >>> (COUNT_BIT - 32)) & MAX_RECORDS;
    const size = recordWords(this.#layout, family);
    for (let index = 0; index < count; index++) {
      this.tally.records++;
      const record = 2 * (first + index * size);
      if (this.#matches(record, words, family)) return this.#ruleOf(record + 2 * size - 4);
    }
    return NO_RULE;
  }

  #matches(record: number, words: Uint32Array, family: Family): boolean {
    const addresses = 2 * addressWords(this.#layout, family);
    for (let index = 0; index < addresses; index++) {
      const difference = this.#half(record + index) ^ (words[LANE_WORDS + index] ?? 0);
      if ((difference & this.#half(record + addresses + index)) !== 0) return false;
    }
    return this.#lanesMatch(record + 2 * addresses, words);
  }

  /** In every lane the guard bit survives both subtractions exactly when low <= key <= high. */
  #lanesMatch(lows: number, words: Uint32Array): boolean {
    for (let half = 0; half < 2; half++) {
      const guards = this.#half(2 * GUARD_WORD + half);
      const key = words[half] ?? 0;
      const above = (key | guards) - this.#half(lows + half);
      const below = this.#half(lows + 2 + half) - key;
      if ((~(above & below) & guards) !== 0) return false;
    }
    return true;
  }

  #ruleOf(lows: number): number {
    return (this.#half(lows + 1) >>> 22) | ((this.#half(lows + 3) >>> 22) << 10);
  }

  #keyWords(key: Key, family: Family): Uint32Array {
    const { prefixes, ranges, exacts } = this.#layout;
    const words = new Uint32Array(LANE_WORDS + 2 * addressWords(this.#layout, family));
    for (const [lane, field] of ranges.entries())
      words[0] = (words[0] ?? 0) | (this.#interval(lane, key[field]) << (16 * lane));
    for (const [lane, field] of exacts.entries()) words[1] = (words[1] ?? 0) | this.#exact(lane, key[field]);
    for (const [index, field] of prefixes.entries()) {
      const address = key[field];
      if (typeof address !== 'object') continue;
      for (let word = 0; word < wordsPerAddress(family); word++)
        words[halfOf(index, word, family)] = wordOf(address, word);
    }
    return words;
  }

  #interval(lane: number, value: Key[number] | undefined): number {
    if (typeof value !== 'number') return 0;
    const entry = this.#half(2 * (this.#layout.rangeTables[lane] ?? 0) + (value >>> 8));
    return (entry & 0xffff) + this.#quarter(2 * (entry >>> 16) * PAGE_WORDS, value & 0xff);
  }

  #exact(lane: number, value: Key[number] | undefined): number {
    return typeof value === 'number' ? this.#half(2 * (this.#layout.exactTables[lane] ?? 0) + value) : 0;
  }
}
