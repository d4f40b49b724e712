// Rules without addresses, decided in one step: in each field values that the same of these rules ask for share a class, and each
// combination of classes has the number of its first rule. The literature calls it cross-producting. The last range field, of which there
// are most classes, is asked by its upper bits for a line of cells, and by its lower ones for a cell in it: two loads from a packet to its rule.
import type { Renumbering } from './assemble.ts';
import { CELL_BITS, type Layout, NO_RULE } from './layout.ts';
import { type FieldMatch, familyOfRule, isPrefix, isRange, type Rule } from './rule.ts';

export interface CrossProduct {
  /** Lines that values of fields go on by; the value 0 by none, so that programs in which a field is always 0 need not ask. For each range
   *  field but the last, by value. */
  readonly ranges: readonly Uint16Array<ArrayBuffer>[];
  readonly exacts: readonly Uint16Array<ArrayBuffer>[];
  /** For the last range field, by value without the bits that choose a cell. */
  readonly lines: Uint16Array<ArrayBuffer> | undefined;
  /** The number of the first rule, or NO_RULE; 16 a line, or one where there is no range field. */
  readonly cells: Uint32Array<ArrayBuffer>;
}

/** Lines that few rules may make: 32 KiB. */
const ALWAYS_ALLOWED = 512;
const ALLOWED_A_RULE = 16;
/** Fields count lines in 16 bits. */
const MOST_LINES = 0x10000;
/** Writes and comparisons, some milliseconds. */
const MOST_WORK = 2_000_000;
const CELLS = 2 ** CELL_BITS;

const isWithoutAddress = (rule: Rule): boolean => familyOfRule(rule) === undefined;

/** `undefined`: there are no such rules, or they would make too many combinations. */
export function crossProductOf({ ranges, exacts }: Layout, rules: readonly Rule[]): CrossProduct | undefined {
  const numbers = [...rules.keys()].filter((number) => isWithoutAddress(rules[number] ?? []));
  if (numbers.length === 0) return undefined;
  const most = Math.min(MOST_LINES, Math.max(ALWAYS_ALLOWED, ALLOWED_A_RULE * numbers.length));
  const others = ranges.slice(0, -1);
  const fields = [...others, ...exacts, ...ranges.slice(-1)];
  const axes: Axis[] = [];
  let stride = 1;
  for (const field of fields) {
    const axis = axisOf(
      numbers.map((number) => rules[number]?.[field]),
      { size: ranges.includes(field) ? 0x10000 : 0x100, stride, most: Math.floor(most / stride) },
    );
    if (axis === undefined) return undefined;
    axes.push(axis);
    stride *= axis.count;
  }
  const first = firstRules(rules, numbers, axes, fields, stride);
  if (first === undefined) return undefined;
  const added = axes.map((axis) => axis.added);
  const rest = {
    ranges: added.slice(0, others.length),
    exacts: added.slice(others.length, others.length + exacts.length),
  };
  const last = ranges.length === 0 ? undefined : axes.at(-1);
  return last === undefined ? { ...rest, lines: undefined, cells: first } : inLines(rest, last, first, most);
}

/** The same rules, of which those from number `from` on have got the number `by` higher. */
export function renumbered(product: CrossProduct, { from, by }: Renumbering): CrossProduct {
  if (by === 0) return product;
  return { ...product, cells: product.cells.map((rule) => (rule >= from && rule !== NO_RULE ? rule + by : rule)) };
}

/** `undefined`: there are more lines than may be. */
function inLines(
  rest: Pick<CrossProduct, 'ranges' | 'exacts'>,
  { added, count }: Axis,
  first: Uint32Array,
  most: number,
): CrossProduct | undefined {
  const combinations = first.length / count;
  const pages = new Map<string, { readonly number: number; readonly values: Uint16Array }>();
  const lines = Uint16Array.from({ length: 0x10000 / CELLS }, (_, page) => {
    const values = added.subarray(CELLS * page, CELLS * (page + 1));
    const [value = 0] = values;
    const name = values.every((one) => one === value) ? String(value) : values.join();
    const known = pages.get(name) ?? { number: pages.size, values };
    pages.set(name, known);
    return known.number * combinations;
  });
  if (pages.size * combinations > most) return undefined;
  const cells = new Uint32Array(CELLS * pages.size * combinations);
  let at = 0;
  for (const { values } of pages.values())
    for (let combination = 0; combination < combinations; combination++)
      for (const value of values) cells[at++] = first[value + combination] ?? 0;
  return { ...rest, lines, cells };
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
  const values = [...changes.keys()].sort((a, b) => a - b);
  for (const [index, value] of values.entries()) {
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
    added.fill(known, value, values[index + 1]);
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
