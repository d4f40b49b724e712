// Reading a field.

import { describe } from '../core/describe.ts';
import type { Evaluation } from '../core/evaluation.ts';
import { knownValue } from '../core/names.ts';
import type { Outcome, Path } from '../path.ts';
import type { Property } from '../syntax/expression.ts';
import { UNDEFINED, type Value } from '../value.ts';
import { requireValue } from './name.ts';

/** `node`: where the whole access stands, and its object. */
export function property(
  e: Evaluation,
  path: Path,
  object: Value,
  name: string,
  node: Pick<Property, 'start' | 'end' | 'object'>,
): readonly Outcome[] {
  switch (object.kind) {
    case 'undefined':
      return e.fail(e.at(node), 'TP1056', e.textOf(node.object), name);
    case 'record':
      return [{ path, value: object.fields.get(name) ?? UNDEFINED }];
    case 'object':
      return [{ path, value: knownMember(object, name) }];
    case 'intrinsic':
      return [{ path, value: intrinsicMember(e, object.name, name, node) }];
    case 'constant':
    case 'integer':
    case 'boolean':
    case 'opaque':
    case 'name':
    case 'bytes':
    case 'function':
    case 'verdict':
      return e.fail(e.at(node), 'TP1057', e.textOf(node.object), describe(object));
    default:
      return e.intrinsics.property(e, path, object, name, e.at(node));
  }
}

/** Own fields only: methods of lists and objects are no part of the fast path. */
export function knownMember({ value, from }: Extract<Value, { kind: 'object' }>, name: string): Value {
  const place = from === undefined ? undefined : `${from}.${name}`;
  return Object.hasOwn(value, name) ? knownValue(Reflect.get(value, name), place) : UNDEFINED;
}

function intrinsicMember(e: Evaluation, holder: string, name: string, node: { start: number; end: number }): Value {
  if (holder === '*') return requireValue(e, node, e.names.ofAuthorsModule(name));
  if (holder === 'Math' && Object.hasOwn(Math, name)) {
    const member: unknown = Reflect.get(Math, name);
    return typeof member === 'number' ? knownValue(member) : { kind: 'intrinsic', name: `Math.${name}` };
  }
  return e.fail(e.at(node), 'TP1055', holder, name, holder === 'Math' ? 'floor, trunc, min, max, abs' : 'none');
}
