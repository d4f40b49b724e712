import { ClassifierError } from './classifier-error.ts';
import { EXACT_LANE_BITS, type Layout, MAX_INTERVALS, RANGE_LANE_BITS } from './layout.ts';
import { isRange, isValues, type Rule } from './rule.ts';

/** Values that no rule tells apart share a small number; numbers ascend with the values, so a range stays a range. Between
 *  numbers there is room for those of boundaries that come later: a range ends just below the number behind it. */
export interface RangeLane {
  /** By value. */
  readonly numberOf: Uint16Array<ArrayBuffer>;
  /** Bits that numbers have. */
  readonly bits: number;
  /** Low bits that are 0 in all numbers. */
  readonly grain: number;
}

/** The lane of an exact field in the upper half of the key's lanes; its guard bit is at `bit + bits`. All values that no
 *  rule names share a number. */
export interface ExactLane {
  readonly numberOf: Uint16Array;
  readonly bit: number;
  readonly bits: number;
  /** How many numbers are in use; those up to 2^`bits` are for values that are named later. */
  readonly count: number;
  /** By value: 1 for those that rules name. */
  readonly named: Uint8Array;
}

export interface Lanes {
  readonly ranges: readonly RangeLane[];
  readonly exacts: readonly ExactLane[];
  /** Guard bits of both halves. */
  readonly guards: readonly [low: number, high: number];
}

/** @throws ClassifierError when the rules tell apart more values than the lanes can number. */
export function lanesOf(layout: Layout, rules: readonly Rule[]): Lanes {
  const ranges = layout.ranges.map((field) => rangeLane(layout, rules, field));
  const named = layout.exacts.map((field) => namedValues(rules, field));
  const bits = exactBits(layout, named.map(numbersFor));
  const exacts: ExactLane[] = [];
  let bit = 0;
  let high = 0;
  for (const [lane, values] of named.entries()) {
    const width = bits[lane] ?? 0;
    exacts.push({ ...numberNamed(values), named: values, bit, bits: width });
    bit += width + 1;
    high |= 1 << (bit - 1);
  }
  const low = layout.ranges.reduce((guards, _, lane) => guards | (0x8000 << (16 * lane)), 0);
  return { ranges, exacts, guards: [low >>> 0, high >>> 0] };
}

/** The lanes with what further rules tell apart: numbers that were given stay, so that trees do; the same object where the
 *  rules bring nothing new. `undefined`: there is no room for it. */
export function extendLanes(layout: Layout, lanes: Lanes, rules: readonly Rule[]): Lanes | undefined {
  const ranges: RangeLane[] = [];
  for (const [index, lane] of lanes.ranges.entries()) {
    const extended = withBoundaries(lane, boundaries(rules, layout.ranges[index] ?? 0));
    if (extended === undefined) return undefined;
    ranges.push(extended);
  }
  const exacts: ExactLane[] = [];
  for (const [index, lane] of lanes.exacts.entries()) {
    const extended = withValues(lane, namedValues(rules, layout.exacts[index] ?? 0));
    if (extended === undefined) return undefined;
    exacts.push(extended);
  }
  const isSame =
    ranges.every((lane, index) => lane === lanes.ranges[index]) &&
    exacts.every((lane, index) => lane === lanes.exacts[index]);
  return isSame ? lanes : { ranges, exacts, guards: lanes.guards };
}

/** Values at which an interval begins. */
function boundaries(rules: readonly Rule[], field: number): Uint8Array {
  const begins = new Uint8Array(0x10001);
  for (const rule of rules) {
    const match = rule[field];
    if (!match || !isRange(match)) continue;
    begins[match.from] = 1;
    begins[match.to + 1] = 1;
  }
  return begins;
}

function rangeLane({ shape }: Layout, rules: readonly Rule[], field: number): RangeLane {
  const begins = boundaries(rules, field);
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
  const grain = RANGE_LANE_BITS - bitsFor(count);
  for (let value = 0; value < 0x10000; value++) numberOf[value] = (numberOf[value] ?? 0) << grain;
  return { numberOf, bits: count === 1 ? 0 : RANGE_LANE_BITS, grain };
}

function withBoundaries(lane: RangeLane, begins: Uint8Array): RangeLane | undefined {
  let numberOf: Uint16Array<ArrayBuffer> | undefined;
  let { grain } = lane;
  for (let value = begins.indexOf(1, 1); value > 0 && value < 0x10000; value = begins.indexOf(1, value + 1)) {
    const numbers = numberOf ?? lane.numberOf;
    const before = numbers[value];
    if (before === undefined || numbers[value - 1] !== before) continue;
    const end = endOfInterval(numbers, value);
    const room = (numbers[end] ?? 2 ** RANGE_LANE_BITS) - before;
    if (room < 2) return undefined;
    const number = before + (room >>> 1);
    grain = Math.min(grain, 31 - Math.clz32(number & -number));
    numberOf ??= lane.numberOf.slice();
    numberOf.fill(number, value, end);
  }
  return numberOf === undefined ? lane : { numberOf, bits: RANGE_LANE_BITS, grain };
}

function endOfInterval(numbers: Uint16Array, value: number): number {
  let end = value;
  while (end < 0x10000 && numbers[end] === numbers[value]) end++;
  return end;
}

function namedValues(rules: readonly Rule[], field: number): Uint8Array {
  const named = new Uint8Array(0x100);
  for (const rule of rules) {
    const match = rule[field];
    if (match && isValues(match)) for (const value of match.values) named[value] = 1;
  }
  return named;
}

function numberNamed(named: Uint8Array): { readonly numberOf: Uint16Array; readonly count: number } {
  const numberOf = new Uint16Array(0x100);
  let count = 0;
  for (let value = 0; value < 0x100; value++) if (named[value]) numberOf[value] = count++;
  if (count === 0x100) return { numberOf, count };
  for (let value = 0; value < 0x100; value++) if (!named[value]) numberOf[value] = count;
  return { numberOf, count: count + 1 };
}

/** The named values and one for all others. */
function numbersFor(named: Uint8Array): number {
  return Math.min(
    0x100,
    named.reduce((sum, one) => sum + one, 1),
  );
}

/** Bits of each lane; one more than needed where that leaves no number for a value that is named later, if there is room. */
function exactBits({ exacts, shape }: Layout, counts: readonly number[]): readonly number[] {
  const bits = counts.map(bitsFor);
  const taken = () => bits.reduce((sum, one) => sum + one + 1, 0);
  if (taken() > EXACT_LANE_BITS) {
    const names = exacts.map((field) => shape[field]?.name);
    throw new ClassifierError(
      `the rules name too many different values of ${names.join(', ')}: numbering them takes ${taken()} bits, there are ${EXACT_LANE_BITS}`,
      'name fewer values, or match one of the fields outside the classifier',
    );
  }
  for (const [lane, count] of counts.entries()) {
    const isFull = count === 2 ** (bits[lane] ?? 0) && count < 0x100;
    if (isFull && taken() < EXACT_LANE_BITS) bits[lane] = (bits[lane] ?? 0) + 1;
  }
  return bits;
}

function withValues(lane: ExactLane, values: Uint8Array): ExactLane | undefined {
  const added = [...values.keys()].filter((value) => values[value] && !lane.named[value]);
  if (added.length === 0) return lane;
  if (lane.count + added.length > 2 ** lane.bits) return undefined;
  const numberOf = lane.numberOf.slice();
  const named = lane.named.slice();
  for (const [index, value] of added.entries()) {
    numberOf[value] = lane.count + index;
    named[value] = 1;
  }
  return { ...lane, numberOf, named, count: lane.count + added.length };
}

/** Bits that hold the numbers below `count`. */
function bitsFor(count: number): number {
  return 32 - Math.clz32(count - 1);
}
