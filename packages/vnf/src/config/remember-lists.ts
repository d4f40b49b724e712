// Lists of a configuration are long and change in few places, and a schema takes microseconds for each element: 10,000 rules, 30 ms.
// So what it has made of the elements of the list before is kept for those that are as they were.

import type { core } from 'zod';

/** Elements from which on it pays. */
const LEAST = 64;

/** Makes all lists that the schema reaches by members, defaults and transformations remember. Elements that did not change come out as
 *  the same objects as the time before. */
export function rememberLists(schema: core.$ZodType): void {
  if (visited.has(schema)) return;
  visited.add(schema);
  if (isArray(schema)) rememberElements(schema);
  else for (const inner of innerOf(schema)) rememberLists(inner);
}

const visited = new WeakSet<core.$ZodType>();

const isArray = (schema: core.$ZodType): schema is core.$ZodArray => schema._zod.def.type === 'array';
const isObject = (schema: core.$ZodType): schema is core.$ZodObject => schema._zod.def.type === 'object';
const isPipe = (schema: core.$ZodType): schema is core.$ZodPipe => schema._zod.def.type === 'pipe';
const isWrapper = (schema: core.$ZodType): schema is core.$ZodOptional => 'innerType' in schema._zod.def;

function innerOf(schema: core.$ZodType): readonly core.$ZodType[] {
  if (isObject(schema)) return Object.values(schema._zod.def.shape);
  if (isPipe(schema)) return [schema._zod.def.in, schema._zod.def.out];
  return isWrapper(schema) ? [schema._zod.def.innerType] : [];
}

interface Known {
  /** Copies: whoever gave them may change them. */
  readonly given: readonly unknown[];
  readonly values: readonly unknown[];
}

function rememberElements({ _zod: inner }: core.$ZodArray): void {
  const { parse } = inner;
  const { element } = inner.def;
  let known: Known = { given: [], values: [] };
  const hasChecks = inner.run !== parse;
  inner.parse = (payload, context) => {
    const given: unknown = payload.value;
    if (!Array.isArray(given) || given.length < LEAST || context.async === true || context.direction === 'backward')
      return parse(payload, context);
    const before = placesBefore(known.given, given);
    const values: unknown[] = [];
    for (const [index, one] of given.entries()) {
      const place = before(index);
      if (place !== undefined) {
        values.push(known.values[place]);
        continue;
      }
      const result = element._zod.run({ value: one, issues: [] }, context);
      // What is wrong with it, and what takes its time, is the schema's own business.
      if (result instanceof Promise || result.issues.length > 0) return parse(payload, context);
      values.push(result.value);
    }
    const copies = given.map((one: unknown, index) => {
      const place = before(index);
      return place === undefined ? copyOf(one) : known.given[place];
    });
    known = { given: copies, values };
    payload.value = [...values];
    return payload;
  };
  if (!hasChecks) inner.run = inner.parse;
}

/** For the index of an element where it was before, unchanged: between changes where as many went as came, else in front of them or
 *  behind. */
function placesBefore(before: readonly unknown[], after: readonly unknown[]): (index: number) => number | undefined {
  const by = after.length - before.length;
  const shorter = Math.min(before.length, after.length);
  let from = 0;
  while (from < shorter && isSame(before[from], after[from])) from++;
  let end = after.length;
  while (end - Math.max(0, by) > from && isSame(before[end - by - 1], after[end - 1])) end--;
  const between = new Set<number>();
  if (by === 0)
    for (let index = from; index < end; index++) if (isSame(before[index], after[index])) between.add(index);
  return (index) => {
    if (index < from || between.has(index)) return index;
    return index >= end ? index - by : undefined;
  };
}

/** Of what cannot be compared. */
const UNLIKE = Symbol();

/** Of JSON; anything else is like nothing. */
function copyOf(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return UNLIKE;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isPlain(value)) return UNLIKE;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOf(member)]));
}

function isSame(copy: unknown, given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return Object.is(copy, given);
  if (typeof copy !== 'object' || copy === null) return false;
  if (Array.isArray(given) || Array.isArray(copy)) {
    if (!Array.isArray(given) || !Array.isArray(copy) || given.length !== copy.length) return false;
    return given.every((one, index) => isSame(copy[index], one));
  }
  if (!isPlain(given)) return false;
  const names = Object.keys(given);
  if (names.length !== Object.keys(copy).length) return false;
  for (const name of names) {
    if (!Object.hasOwn(copy, name) || !isSame(Reflect.get(copy, name), Reflect.get(given, name))) return false;
  }
  return true;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
