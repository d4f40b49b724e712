// The registers in a value, by names that say where in the value they are.

import type { ProgramBuilder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/types.ts';
import { point } from '../numbers/range.ts';
import type { Path } from '../path.ts';
import type { Value } from '../value.ts';

/** `integer`: the range, of registers that have one. */
export type Visit = (
  name: string,
  id: ValueId,
  integer?: Extract<Value, { kind: 'integer' }>['range'],
) => Value | ValueId;

/** The value with other registers. An integer may become another value as a whole. */
export function mapRegisters(value: Value, name: string, visit: Visit): Value {
  const id = (part: string, old: ValueId): ValueId => {
    const made = visit(part, old);
    if (typeof made !== 'number') throw new Error('a part of a value is one register');
    return made;
  };
  const fields = (of: ReadonlyMap<string, Value>) =>
    new Map([...of].map(([field, part]) => [field, mapRegisters(part, `${name}.${field}`, visit)]));
  switch (value.kind) {
    case 'integer': {
      const made = visit(name, value.id, value.range);
      return typeof made === 'number' ? { ...value, id: made } : made;
    }
    case 'boolean':
    case 'opaque':
    case 'name':
      return { ...value, id: id(name, value.id) };
    case 'bytes':
      return { ...value, words: value.words.map((word, index) => ({ ...word, id: id(`${name}[${index}]`, word.id) })) };
    case 'record':
      return { ...value, fields: fields(value.fields) };
    case 'view': {
      const parts = Object.entries(value.parts).map(([part, old]) => [part, id(`${name}.${part}`, old)]);
      return { ...value, parts: Object.fromEntries(parts) };
    }
    case 'entry': {
      const moved = { ...value, pointer: id(name, value.pointer) };
      return value.extra === undefined ? moved : { ...moved, extra: fields(value.extra) };
    }
    case 'lock':
      return { ...value, pointer: id(name, value.pointer) };
    case 'verdict':
      return {
        ...value,
        operands: value.operands.map((operand, index) => mapRegisters(operand, `${name}[${index}]`, visit)),
      };
    default:
      return value;
  }
}

export function registersOf(value: Value, name: string): ReadonlyMap<string, ValueId> {
  const found = new Map<string, ValueId>();
  mapRegisters(value, name, (part, id) => {
    found.set(part, id);
    return id;
  });
  return found;
}

/** The value with its known numbers and booleans in registers, so that others can follow them there. */
export function inRegisters(builder: ProgramBuilder, { block }: Pick<Path, 'block'>, value: Value): Value {
  if (value.kind === 'record') {
    return {
      ...value,
      fields: new Map([...value.fields].map(([name, field]) => [name, inRegisters(builder, { block }, field)])),
    };
  }
  if (value.kind !== 'constant') return value;
  const known = value.value;
  if (typeof known === 'boolean') return { kind: 'boolean', id: builder.constant(block, known ? 1n : 0n) };
  if (typeof known === 'bigint') return { kind: 'opaque', id: builder.constant(block, known) };
  if (typeof known !== 'number' || !Number.isSafeInteger(known)) return value;
  return { kind: 'integer', id: builder.constant(block, BigInt(known)), range: point(BigInt(known)) };
}

/** The same text: the same value, registers and all. */
export function fingerprint(value: Value): string {
  const registers = [...registersOf(value, '')].map(([name, id]) => `${name}=${id}`).join();
  return `${value.kind} ${value.kind === 'constant' ? `${typeof value.value} ${value.value}` : ''} ${registers}`;
}
