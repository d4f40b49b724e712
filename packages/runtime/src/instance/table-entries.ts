import type { LiveTableSet } from '../tables/live-tables.ts';
import type { TableEntry } from './instance-handle.ts';

/** What a table holds, by its path. @throws RangeError */
export function entriesOf({ tables }: LiveTableSet, path: string): readonly TableEntry[] {
  let found: unknown = tables;
  for (const name of path.split('.')) found = isObject(found) && name in found ? Reflect.get(found, name) : undefined;
  if (!isObject(found) || !(Symbol.iterator in found)) throw new RangeError(`the function has no table ${path}`);
  // Every live table gives pairs.
  return [...(found as Iterable<TableEntry>)];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
