import { isIp4 } from '@twinpath/packet';
import { isType, type KeyShape } from '../types/type.ts';
import type { Family } from '../types/type-spec.ts';

/** Which of a table's maps a key belongs to: the family of its first `ip` or `prefix`. `undefined`: the shape holds none, or
 *  the value is no address; the codec then says what is wrong. */
export function familyOf(shape: KeyShape, value: unknown): Family | undefined {
  return familyReader(shape)(value);
}

/** `familyOf` for many keys of one shape. */
export function familyReader(shape: KeyShape): (value: unknown) => Family | undefined {
  const paths = [...addressPaths(shape, [])];
  return (value) => {
    for (const path of paths) {
      const address = valueAt(value, path);
      if (typeof address === 'string') return isIp4(address) ? 4 : 6;
    }
    return undefined;
  };
}

function* addressPaths(shape: KeyShape, path: readonly string[]): Generator<readonly string[]> {
  if (isType(shape)) {
    if (shape.kind === 'ip' || shape.kind === 'prefix') yield path;
    return;
  }
  for (const [name, part] of Object.entries(shape)) yield* addressPaths(part, [...path, name]);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value;
  for (const name of path) {
    if (!isRecord(at)) return undefined;
    at = at[name];
  }
  return at;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
