import type { LiveTableSet } from '../tables/live-tables.ts';
import { eachInSlices } from '../tables/slices.ts';
import type { TableEntry } from './instance-handle.ts';

/** What a table holds, by its path. @throws RangeError */
export async function entriesOf(set: LiveTableSet, path: string): Promise<readonly TableEntry[]> {
  const found = tableAt(set, path);
  if (!isObject(found) || !(Symbol.iterator in found)) throw new RangeError(`the function has no table ${path}`);
  const entries: TableEntry[] = [];
  // Every live table gives pairs.
  await eachInSlices(found as Iterable<TableEntry>, (entry) => entries.push(entry));
  return entries;
}

export function tableAt({ tables }: LiveTableSet, path: string): unknown {
  let found: unknown = tables;
  for (const name of path.split('.')) found = isObject(found) && name in found ? Reflect.get(found, name) : undefined;
  return found;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
