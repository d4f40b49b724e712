// Paths with a little changed.

import type { ValueId } from '../../ir/types.ts';
import type { Path } from '../path.ts';
import type { Range, Value } from '../value.ts';

export function withRange(path: Path, id: ValueId, range: Range): Path {
  return { ...path, ranges: new Map(path.ranges).set(id, range) };
}

export function without(path: Path, keys: readonly string[]): Path {
  if (!keys.some((key) => path.scope.has(key))) return path;
  const scope = new Map(path.scope);
  for (const key of keys) scope.delete(key);
  return { ...path, scope };
}

export function withVariable(path: Path, key: string, value: Value): Path {
  return { ...path, scope: new Map(path.scope).set(key, value) };
}
