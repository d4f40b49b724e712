// A result that holds for the rest of a path is worked out once: `packet.ip()` twice is one parse.
import type { Outcome, Path } from '../path.ts';
import type { Value } from '../value.ts';
import type { View } from './view.ts';

export function once(path: Path, key: string, make: () => readonly Outcome[]): readonly Outcome[] {
  const known = path.known.get(key);
  if (known !== undefined) return [{ path, value: known }];
  return make().map(({ path: after, value }) => ({ path: remember(after, key, value), value }));
}

export function remember(path: Path, key: string, value: Value): Path {
  return { ...path, known: new Map(path.known).set(key, value) };
}

/** Numbers read of a header: what was proven of one stays true, for it is not loaded again until something is written. */
export const FIELD = 'field ';

export function onceRead(
  path: Path,
  { type, epoch, parts }: View,
  name: string,
  make: () => readonly Outcome[],
): readonly Outcome[] {
  const key = `${FIELD}${name} ${type} ${Object.values(parts).join(' ')}@${epoch}`;
  const known = path.known.get(key);
  if (known !== undefined) return [{ path, value: known }];
  return make().map(({ path: after, value }) => ({
    path: value.kind === 'integer' ? remember(after, key, value) : after,
    value,
  }));
}

/** Continues on every path with its value. */
export function each(
  outcomes: readonly Outcome[],
  go: (path: Path, value: Value) => readonly Outcome[],
): readonly Outcome[] {
  return outcomes.flatMap(({ path, value }) => go(path, value));
}
