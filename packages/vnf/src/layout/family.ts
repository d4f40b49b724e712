import { isIp4 } from '@twinpath/packet';
import { isType, type KeyShape } from '../types/type.ts';
import type { Family } from '../types/type-spec.ts';

/** Which of a table's maps a key belongs to: the family of its first `ip` or `prefix`. `undefined`: the shape holds none, or
 *  the value is no address; the codec then says what is wrong. */
export function familyOf(shape: KeyShape, value: unknown): Family | undefined {
  if (isType(shape)) {
    if ((shape.kind !== 'ip' && shape.kind !== 'prefix') || typeof value !== 'string') return undefined;
    return isIp4(value) ? 4 : 6;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const given = new Map<string, unknown>(Object.entries(value));
  for (const [name, part] of Object.entries(shape)) {
    const family = familyOf(part, given.get(name));
    if (family !== undefined) return family;
  }
  return undefined;
}
