import { type Dimension, dimensionsOf, type Entries, maskOf, wordOf } from './entries.ts';
import type { ExactLane, Lanes } from './intervals.ts';
import { type Layout, RANGE_LANE_BITS, wordsPerAddress } from './layout.ts';
import { type FieldMatch, isPrefix, isRange, isValues, type Rule } from './rule.ts';
import type { Family } from './shape.ts';

/** `numbers`: of the rules that are wanted, ascending. */
export function entriesOf(
  layout: Layout,
  lanes: Lanes,
  family: Family,
  rules: readonly Rule[],
  numbers: readonly number[],
): Entries {
  const writer = new BoxWriter(layout, lanes, family, numbers.length);
  for (const number of numbers) {
    const rule = rules[number];
    if (rule) writer.add(rule, number);
  }
  return writer.finish();
}

type Range = readonly [low: number, high: number];

/** Collects boxes by columns: an object for each would cost more than all trees. */
class BoxWriter {
  readonly #layout: Layout;
  readonly #lanes: Lanes;
  readonly #family: Family;
  readonly #dimensions: readonly Dimension[];
  /** Low ends, then high ends, of the box that comes next. */
  readonly #next: Uint32Array;
  #columns: Uint32Array[];
  readonly #rules: number[] = [];

  constructor(layout: Layout, lanes: Lanes, family: Family, expected: number) {
    this.#layout = layout;
    this.#lanes = lanes;
    this.#family = family;
    this.#dimensions = dimensionsOf(layout, lanes, family);
    this.#next = new Uint32Array(2 * this.#dimensions.length);
    this.#columns = Array.from(this.#next, () => new Uint32Array(expected));
  }

  add(rule: Rule, number: number): void {
    const { ranges, exacts, prefixes } = this.#layout;
    for (const [lane, field] of ranges.entries()) this.#setInterval(lane, rule[field]);
    for (const [index, field] of prefixes.entries())
      this.#setAddress(ranges.length + exacts.length, index, rule[field]);
    this.#addRuns(rule, number, 0);
  }

  finish(): Entries {
    const count = this.#rules.length;
    const columns = this.#columns.map((column) => column.subarray(0, count));
    return {
      dimensions: this.#dimensions,
      count,
      low: columns.slice(0, this.#dimensions.length),
      high: columns.slice(this.#dimensions.length),
      rule: Uint32Array.from(this.#rules),
    };
  }

  #set(dimension: number, low: number, high: number): void {
    this.#next[dimension] = low;
    this.#next[dimension + this.#dimensions.length] = high;
  }

  #setInterval(lane: number, match: FieldMatch | undefined): void {
    const numberOf = this.#lanes.ranges[lane]?.numberOf;
    const end = 2 ** RANGE_LANE_BITS;
    if (match && isRange(match)) this.#set(lane, numberOf?.[match.from] ?? 0, (numberOf?.[match.to + 1] ?? end) - 1);
    else this.#set(lane, 0, end - 1);
  }

  #setAddress(first: number, index: number, match: FieldMatch | undefined): void {
    const words = wordsPerAddress(this.#family);
    for (let word = 0; word < words; word++) {
      const dimension = first + index * words + word;
      if (!match || !isPrefix(match)) {
        this.#set(dimension, 0, 0xffffffff);
        continue;
      }
      const mask = maskOf(match.length, word);
      const low = wordOf(match.address, word) & mask;
      this.#set(dimension, low, low | ~mask);
    }
  }

  /** A box for every choice of one run in each exact field from `lane` on. */
  #addRuns(rule: Rule, number: number, lane: number): void {
    const values = this.#lanes.exacts[lane];
    if (values === undefined) {
      this.#push(number);
      return;
    }
    for (const [low, high] of runsOf(values, rule[this.#layout.exacts[lane] ?? 0])) {
      this.#set(this.#layout.ranges.length + lane, low, high);
      this.#addRuns(rule, number, lane + 1);
    }
  }

  #push(number: number): void {
    const at = this.#rules.push(number) - 1;
    if (at >= (this.#columns[0]?.length ?? at + 1)) this.#grow(2 * at + 16);
    for (let column = 0; column < this.#columns.length; column++) {
      const values = this.#columns[column];
      if (values) values[at] = this.#next[column] ?? 0;
    }
  }

  #grow(length: number): void {
    this.#columns = this.#columns.map((column) => {
      const longer = new Uint32Array(length);
      longer.set(column);
      return longer;
    });
  }
}

/** The numbers of the listed values, neighbours joined. */
function runsOf({ numberOf, bits }: ExactLane, match: FieldMatch | undefined): readonly Range[] {
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
