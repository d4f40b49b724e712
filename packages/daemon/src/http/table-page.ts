import type { TablePage } from '@twinpath/api';
import { malformed } from './body.ts';
import { jsonValue } from './json-value.ts';

export interface PageWanted {
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
  readonly where?: string | undefined;
}

/** @throws RefusedError for a condition that is none */
export function tablePage(
  table: string,
  entries: readonly (readonly [unknown, unknown])[],
  { offset = 0, limit = 100, where }: PageWanted,
): TablePage {
  const conditions = where === undefined ? [] : where.split(',').map(conditionOf);
  const taken = entries
    .map(([key, value]) => ({ key: jsonValue(key), value: jsonValue(value) }))
    .filter((entry) => conditions.every(({ path, text }) => textAt(entry, path) === text));
  return { table, total: taken.length, offset, entries: taken.slice(offset, offset + limit) };
}

interface Condition {
  readonly path: readonly string[];
  readonly text: string;
}

function conditionOf(written: string): Condition {
  const found = /^((?:key|value)(?:\.[\w-]+)*)=(.*)$/s.exec(written);
  const [, path, text] = found ?? [];
  if (path !== undefined && text !== undefined) return { path: path.split('.'), text };
  throw malformed(
    `parameter where: '${written.slice(0, 100)}' is no condition`,
    'write key.source=10.0.0.1, or value.state=open',
  );
}

/** Values that are no objects, as a person reads them. */
function textAt(entry: object, path: readonly string[]): string | undefined {
  let found: unknown = entry;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = Reflect.get(found, step);
  }
  return typeof found === 'object' ? undefined : String(found);
}
