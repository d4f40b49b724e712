// A result that holds for the rest of a path is worked out once: `packet.ip()` twice is one parse.
import type { Outcome, Path } from '../path.ts';
import type { Value } from '../value.ts';

export function once(path: Path, key: string, make: () => readonly Outcome[]): readonly Outcome[] {
  const known = path.known.get(key);
  if (known !== undefined) return [{ path, value: known }];
  return make().map(({ path: after, value }) => ({ path: remember(after, key, value), value }));
}

export function remember(path: Path, key: string, value: Value): Path {
  return { ...path, known: new Map(path.known).set(key, value) };
}

/** Continues on every path with its value. */
export function each(
  outcomes: readonly Outcome[],
  go: (path: Path, value: Value) => readonly Outcome[],
): readonly Outcome[] {
  return outcomes.flatMap(({ path, value }) => go(path, value));
}
