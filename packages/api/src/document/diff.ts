// What is different between two JSON values, as a person reads it.

import { isRecord, type Path, pointerText } from './pointer.ts';

export type Difference =
  | { readonly op: 'add'; readonly pointer: string; readonly after: unknown }
  | { readonly op: 'remove'; readonly pointer: string; readonly before: unknown }
  | { readonly op: 'replace'; readonly pointer: string; readonly before: unknown; readonly after: unknown };

/** In the order of the values. Pointers of what was removed lead into `before`, all others into `after`. */
export function diff(before: unknown, after: unknown, path: Path = []): readonly Difference[] {
  if (before === after) return [];
  if (Array.isArray(before) && Array.isArray(after)) return diffLists(before, after, path);
  if (isRecord(before) && isRecord(after)) return diffRecords(before, after, path);
  const pointer = pointerText(path);
  if (before === undefined) return [{ op: 'add', pointer, after }];
  if (after === undefined) return [{ op: 'remove', pointer, before }];
  return [{ op: 'replace', pointer, before, after }];
}

export const isSame = (a: unknown, b: unknown): boolean => diff(a, b).length === 0;

type JsonObject = Readonly<Record<string, unknown>>;

function diffRecords(before: JsonObject, after: JsonObject, path: Path): readonly Difference[] {
  const own = (record: JsonObject, name: string) => (Object.hasOwn(record, name) ? record[name] : undefined);
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => diff(own(before, name), own(after, name), [...path, name]));
}

/** What both begin and end with is the same; what lies between is compared where it is of one length, else gone and new. */
function diffLists(before: readonly unknown[], after: readonly unknown[], path: Path): readonly Difference[] {
  const [removed, added] = [before, after].map((list) => list.map((element) => JSON.stringify(element)));
  if (removed === undefined || added === undefined) return [];
  const shorter = Math.min(removed.length, added.length);
  let head = 0;
  while (head < shorter && removed[head] === added[head]) head++;
  let tail = 0;
  while (tail < shorter - head && removed.at(-1 - tail) === added.at(-1 - tail)) tail++;
  const [goes, comes] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  if (goes.length === comes.length) return goes.flatMap((one, at) => diff(one, comes[at], [...path, head + at]));
  return [
    ...goes.flatMap((one, at) => diff(one, undefined, [...path, head + at])),
    ...comes.flatMap((one, at) => diff(undefined, one, [...path, head + at])),
  ];
}
