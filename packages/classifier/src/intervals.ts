import { ClassifierError } from './classifier-error.ts';
import type { Heap } from './heap.ts';
import { EXACT_LANE_BITS, type Layout, MAX_INTERVALS, PAGE_WORDS } from './layout.ts';
import { isRange, isValues, type Rule } from './rule.ts';

/** Values that no rule tells apart share a small number; numbers ascend with the values, so a range stays a range. */
export interface Intervals {
  /** By value. */
  readonly numberOf: Uint16Array;
  /** How many numbers there are. */
  readonly count: number;
}

/** The lane of an exact field in the upper half of the key's lanes; its guard bit is at `bit + bits`. */
export interface ExactLane extends Intervals {
  readonly bit: number;
  readonly bits: number;
}

export interface Lanes {
  readonly ranges: readonly Intervals[];
  readonly exacts: readonly ExactLane[];
  /** Guard bits of both halves. */
  readonly guards: readonly [low: number, high: number];
}

/** @throws ClassifierError when the rules tell apart more values than the lanes can number. */
export function lanesOf(layout: Layout, rules: readonly Rule[]): Lanes {
  const ranges = layout.ranges.map((field) => rangeIntervals(layout, rules, field));
  const exacts: ExactLane[] = [];
  let bit = 0;
  let high = 0;
  for (const field of layout.exacts) {
    const lane = { ...exactIntervals(rules, field), bit };
    exacts.push(lane);
    bit += lane.bits + 1;
    high |= 1 << (bit - 1);
  }
  if (bit > EXACT_LANE_BITS) {
    const names = layout.exacts.map((field) => layout.shape[field]?.name);
    throw new ClassifierError(
      `the rules name too many different values of ${names.join(', ')}: numbering them takes ${bit} bits, there are ${EXACT_LANE_BITS}`,
      'name fewer values, or match one of the fields outside the classifier',
    );
  }
  const low = layout.ranges.reduce((guards, _, lane) => guards | (0x8000 << (16 * lane)), 0);
  return { ranges, exacts, guards: [low >>> 0, high >>> 0] };
}

function rangeIntervals({ shape }: Layout, rules: readonly Rule[], field: number): Intervals {
  const begins = new Uint8Array(0x10001);
  for (const rule of rules) {
    const match = rule[field];
    if (!match || !isRange(match)) continue;
    begins[match.from] = 1;
    begins[match.to + 1] = 1;
  }
  const numberOf = new Uint16Array(0x10000);
  let number = 0;
  for (let value = 1; value < 0x10000; value++) {
    number += begins[value] ?? 0;
    numberOf[value] = number;
  }
  const count = number + 1;
  if (count > MAX_INTERVALS) {
    throw new ClassifierError(
      `the rules cut ${shape[field]?.name} into ${count} intervals, at most ${MAX_INTERVALS} can be told apart`,
      'merge neighbouring ranges',
    );
  }
  return { numberOf, count };
}

function exactIntervals(rules: readonly Rule[], field: number): Intervals & { readonly bits: number } {
  const named = new Uint8Array(0x100);
  for (const rule of rules) {
    const match = rule[field];
    if (match && isValues(match)) for (const value of match.values) named[value] = 1;
  }
  const numberOf = new Uint16Array(0x100);
  let count = 0;
  for (let value = 0; value < 0x100; value++) if (named[value]) numberOf[value] = count++;
  if (count < 0x100) {
    // One number for all values that no rule names.
    for (let value = 0; value < 0x100; value++) if (!named[value]) numberOf[value] = count;
    count++;
  }
  return { numberOf, count, bits: bitsFor(count) };
}

/** Bits that hold the numbers below `count`. */
export function bitsFor(count: number): number {
  return 32 - Math.clz32(count - 1);
}

/** Writes the lookup tables; the heap ends behind the last page. */
export function writeLanes(heap: Heap, layout: Layout, lanes: Lanes): void {
  heap.allocate(layout.pages - heap.length);
  for (const [index, { numberOf, bit }] of lanes.exacts.entries()) {
    const at = layout.exactTables[index] ?? 0;
    for (let value = 0; value < 0x100; value += 2) {
      heap.set(at + value / 2, (numberOf[value] ?? 0) << bit, (numberOf[value + 1] ?? 0) << bit);
    }
  }
  const pages = new Map<string, number>();
  for (const [index, { numberOf }] of lanes.ranges.entries()) {
    const entries = new Uint32Array(0x100).map((_, upper) => {
      const first = numberOf[upper << 8] ?? 0;
      const page = numberOf.slice(upper << 8, (upper + 1) << 8).map((number) => number - first);
      const name = page.join();
      const known = pages.get(name) ?? writePage(heap, page);
      pages.set(name, known);
      return ((known / PAGE_WORDS) << 16) | first;
    });
    heap.write(layout.rangeTables[index] ?? 0, entries);
  }
}

function writePage(heap: Heap, page: Uint16Array<ArrayBuffer>): number {
  const at = heap.allocate(PAGE_WORDS);
  heap.write(at, new Uint32Array(page.buffer));
  return at;
}
