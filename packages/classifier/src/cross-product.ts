// Rules without addresses, decided in one step: in each field values that the same of these rules ask for share a class, and each
// combination of classes has the number of its first rule. The literature calls it cross-producting.
import { type Layout, NO_RULE } from './layout.ts';
import { type FieldMatch, familyOfRule, isPrefix, isRange, type Rule } from './rule.ts';

export interface CrossProduct {
  /** For each range field by value, what it adds to the number of a combination; so for exact fields. The value 0 adds nothing, so
   *  that programs in which a field is always 0 need not ask. */
  readonly ranges: readonly Uint16Array<ArrayBuffer>[];
  readonly exacts: readonly Uint16Array<ArrayBuffer>[];
  /** By combination: the number of its first rule, or NO_RULE. */
  readonly first: Uint32Array<ArrayBuffer>;
}

/** Combinations that few rules may make: 16 KiB. */
const ALWAYS_ALLOWED = 4096;
const ALLOWED_A_RULE = 16;
/** What a value adds has 16 bits. */
const MOST_COMBINATIONS = 0x10000;
/** Writes and comparisons, some milliseconds. */
const MOST_WORK = 2_000_000;

export const isWithoutAddress = (rule: Rule): boolean => familyOfRule(rule) === undefined;

/** `undefined`: there are no such rules, or they would make too many combinations. */
export function crossProductOf({ ranges, exacts }: Layout, rules: readonly Rule[]): CrossProduct | undefined {
  const numbers = [...rules.keys()].filter((number) => isWithoutAddress(rules[number] ?? []));
  if (numbers.length === 0) return undefined;
  const most = Math.min(MOST_COMBINATIONS, Math.max(ALWAYS_ALLOWED, ALLOWED_A_RULE * numbers.length));
  const axes: Axis[] = [];
  let count = 1;
  for (const field of [...ranges, ...exacts]) {
    const axis = axisOf(
      numbers.map((number) => rules[number]?.[field]),
      { size: ranges.includes(field) ? 0x10000 : 0x100, stride: count, most: Math.floor(most / count) },
    );
    if (axis === undefined) return undefined;
    axes.push(axis);
    count *= axis.count;
  }
  const first = firstRules(rules, numbers, axes, [...ranges, ...exacts], count);
  if (first === undefined) return undefined;
  const added = axes.map((axis) => axis.added);
  return { ranges: added.slice(0, ranges.length), exacts: added.slice(ranges.length), first };
}

interface Axis {
  readonly added: Uint16Array<ArrayBuffer>;
  readonly count: number;
  /** What the classes add that a match has. */
  classesOf(match: FieldMatch | undefined): readonly number[];
}

interface AxisOptions {
  /** How many values there are. */
  readonly size: number;
  readonly stride: number;
  readonly most: number;
}

/** `undefined`: there are more classes than may be. */
function axisOf(matches: readonly (FieldMatch | undefined)[], { size, stride, most }: AxisOptions): Axis | undefined {
  const members = new Map<string, number[]>();
  const changes = new Map<number, string[]>();
  for (const match of matches) {
    if (match === undefined || members.has(nameOf(match))) continue;
    members.set(nameOf(match), []);
    for (const value of runsOf(match).flat()) {
      const there = changes.get(value);
      if (there) there.push(nameOf(match));
      else changes.set(value, [nameOf(match)]);
    }
  }
  const added = new Uint16Array(size);
  // Values that no rule names have a class, too.
  const classes = new Map<string, number>(changes.has(0) ? [] : [['', 0]]);
  const active = new Set<string>();
  let work = 0;
  for (const value of [...changes.keys()].sort((a, b) => a - b)) {
    for (const name of changes.get(value) ?? []) if (!active.delete(name)) active.add(name);
    work += active.size;
    if (work > MOST_WORK) return undefined;
    const names = [...active].sort().join();
    const known = classes.get(names) ?? stride * classes.size;
    if (!classes.has(names)) {
      classes.set(names, known);
      for (const name of active) members.get(name)?.push(known);
    }
    if (classes.size > most) return undefined;
    added.fill(known, value);
  }
  const all = [...classes.values()];
  return { added, count: all.length, classesOf: (match) => (match ? (members.get(nameOf(match)) ?? []) : all) };
}

const nameOf = (match: FieldMatch): string => runsOf(match).join(' ');

/** First values, and those behind the last. */
function runsOf(match: FieldMatch): readonly (readonly [from: number, end: number])[] {
  if (isPrefix(match)) throw new TypeError('a rule without addresses has no prefix');
  if (isRange(match)) return [[match.from, match.to + 1]];
  return [...new Set(match.values)].sort((a, b) => a - b).map((value) => [value, value + 1]);
}

/** `undefined`: it would take too long. */
function firstRules(
  rules: readonly Rule[],
  numbers: readonly number[],
  axes: readonly Axis[],
  fields: readonly number[],
  count: number,
): Uint32Array<ArrayBuffer> | undefined {
  const first = new Uint32Array(count).fill(NO_RULE);
  let work = 0;
  for (const number of numbers.toReversed()) {
    const lists = axes.map((axis, index) => axis.classesOf(rules[number]?.[fields[index] ?? 0]));
    work += lists.reduce((product, { length }) => product * length, 1);
    if (work > MOST_WORK) return undefined;
    fill(first, number, lists, 0);
  }
  return first;
}

function fill(first: Uint32Array, number: number, [list, ...others]: readonly (readonly number[])[], at: number): void {
  if (list === undefined) first[at] = number;
  else for (const added of list) fill(first, number, others, at + added);
}
