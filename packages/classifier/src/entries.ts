import { bitsFor, type ExactLane, type Lanes } from './intervals.ts';
import { addressWords, LANE_WORDS, type Layout, RANGE_LANE_BITS, wordsPerAddress } from './layout.ts';
import { type FieldMatch, familyOfRule, isPrefix, isRange, isValues, type Rule } from './rule.ts';
import type { Family } from './shape.ts';

/** A number that rules bound from both sides and cuts divide: a lane, or one 32-bit word of an address. */
export interface Dimension {
  /** Where it lies in the key. */
  readonly word: number;
  readonly bit: number;
  readonly bits: number;
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
  /** Prefix length of each prefix field, then box; 0 where a rule leaves it out. */
  readonly prefixLength: readonly Uint8Array[];
}

type Range = readonly [low: number, high: number];

interface Box {
  readonly ranges: readonly Range[];
  readonly rule: number;
  readonly lengths: readonly number[];
}

export function entriesOf(layout: Layout, lanes: Lanes, rules: readonly Rule[], family: Family): Entries {
  const dimensions = dimensionsOf(layout, lanes, family);
  const boxes: Box[] = [];
  for (const [number, rule] of rules.entries()) {
    if ((familyOfRule(rule) ?? family) === family) addBoxes(boxes, layout, lanes, rule, number, family);
  }
  const column = (pick: (box: Box) => number) => Uint32Array.from(boxes, pick);
  return {
    dimensions,
    count: boxes.length,
    low: dimensions.map((_, d) => column(({ ranges }) => ranges[d]?.[0] ?? 0)),
    high: dimensions.map((_, d) => column(({ ranges }) => ranges[d]?.[1] ?? 0)),
    rule: column(({ rule }) => rule),
    prefixLength: layout.prefixes.map((_, p) => Uint8Array.from(boxes, ({ lengths }) => lengths[p] ?? 0)),
  };
}

function dimensionsOf(layout: Layout, lanes: Lanes, family: Family): Dimension[] {
  const words = layout.prefixes.length * wordsPerAddress(family);
  return [
    ...lanes.ranges.map(({ count }, lane) => ({ word: 0, bit: 16 * lane, bits: bitsFor(count) })),
    ...lanes.exacts.map(({ bit, bits }) => ({ word: 1, bit, bits })),
    ...Array.from({ length: words }, (_, index) => ({ word: LANE_WORDS + index, bit: 0, bits: 32 })),
  ];
}

function addBoxes(boxes: Box[], layout: Layout, lanes: Lanes, rule: Rule, number: number, family: Family): void {
  const ranges = layout.ranges.map((field, lane) => intervalRange(lanes.ranges[lane]?.numberOf, rule[field]));
  const addresses = layout.prefixes.flatMap((field) => addressRanges(rule[field], family));
  const lengths = layout.prefixes.map((field) => lengthOf(rule[field]));
  let choices: readonly (readonly Range[])[] = [ranges];
  for (const [index, lane] of lanes.exacts.entries()) {
    const runs = runsOf(lane, rule[layout.exacts[index] ?? 0]);
    choices = choices.flatMap((chosen) => runs.map((run) => [...chosen, run]));
  }
  for (const chosen of choices) boxes.push({ ranges: [...chosen, ...addresses], rule: number, lengths });
}

function intervalRange(numberOf: Uint16Array | undefined, match: FieldMatch | undefined): Range {
  if (!match || !isRange(match)) return [0, 2 ** RANGE_LANE_BITS - 1];
  return [numberOf?.[match.from] ?? 0, numberOf?.[match.to] ?? 0];
}

/** The numbers of the listed values, neighbours joined. */
function runsOf({ numberOf, bits }: ExactLane, match: FieldMatch | undefined): Range[] {
  if (!match || !isValues(match)) return [[0, 2 ** bits - 1]];
  const numbers = [...new Set(match.values.map((value) => numberOf[value] ?? 0))].sort((a, b) => a - b);
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

function lengthOf(match: FieldMatch | undefined): number {
  return match && isPrefix(match) ? match.length : 0;
}

function addressRanges(match: FieldMatch | undefined, family: Family): Range[] {
  return Array.from({ length: wordsPerAddress(family) }, (_, word) => {
    if (!match || !isPrefix(match)) return [0, 0xffffffff];
    const mask = maskOf(match.length, word);
    const low = (wordOf(match.address, word) & mask) >>> 0;
    return [low, (low | ~mask) >>> 0];
  });
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

/** Writes boxes as records, one behind the other. */
export class RecordWriter {
  readonly #entries: Entries;
  readonly #lanes: Lanes;
  readonly #laneCount: number;
  readonly #addressWords: number;

  constructor(entries: Entries, lanes: Lanes, layout: Layout, family: Family) {
    this.#entries = entries;
    this.#lanes = lanes;
    this.#laneCount = lanes.ranges.length + lanes.exacts.length;
    this.#addressWords = addressWords(layout, family);
  }

  /** Fills `record`, which has two halves for each word of a record. */
  fill(record: Uint32Array, box: number): void {
    const { dimensions, low, high, rule } = this.#entries;
    record.fill(0);
    const masks = 2 * this.#addressWords;
    const lows = 4 * this.#addressWords;
    const highs = lows + 2;
    const number = rule[box] ?? 0;
    record[lows + 1] = number << 22;
    record[highs] = this.#lanes.guards[0];
    record[highs + 1] = this.#lanes.guards[1] | ((number >>> 10) << 22);
    for (const [d, { word, bit }] of dimensions.entries()) {
      const from = low[d]?.[box] ?? 0;
      const to = high[d]?.[box] ?? 0;
      if (d < this.#laneCount) {
        record[lows + word] = (record[lows + word] ?? 0) | (from << bit);
        record[highs + word] = (record[highs + word] ?? 0) | (to << bit);
      } else {
        record[word - LANE_WORDS] = from;
        record[masks + word - LANE_WORDS] = ~(from ^ to);
      }
    }
  }
}
