// Fields of an author's header in bytes: network order, most significant bit first, whatever order the type has in a table.

import { EncodeError } from '../layout/encode-error.ts';
import { type FieldValue, readerOf } from '../layout/field-reader.ts';
import { whole, writerOf } from '../layout/field-writer.ts';
import type { HeaderField, HeaderFormat } from './header-format.ts';

const CONTEXT = { family: undefined, lpm: undefined, ports: [] };

/** Every field that is given, into bytes that are zero. @throws EncodeError */
export function writeHeader(
  { fields }: HeaderFormat,
  values: Readonly<Record<string, unknown>>,
  bytes: Uint8Array,
): void {
  for (const field of fields) {
    const value = values[field.name];
    if (value !== undefined) writeHeaderField(field, value, bytes);
  }
}

/** @throws EncodeError */
export function writeHeaderField(field: HeaderField, value: unknown, header: Uint8Array): void {
  const { name, type, bit, bits } = field;
  if (type.kind === 'integer' || type.kind === 'bytesAfter')
    setBits(header, bit, bits, whole(value, 2 ** bits - 1, [name]));
  else if (type.kind !== 'bits') writerOf(placeOf(field), CONTEXT)(value, header);
  else if (type.as === 'number') setBits(header, bit, bits, whole(value, 2 ** bits - 1, [name]));
  else if (typeof value === 'boolean') setBits(header, bit, 1, Number(value));
  else throw new EncodeError([name], value, 'true or false');
}

export function readHeaderField(field: HeaderField, header: Uint8Array): FieldValue {
  const { type, bit, bits } = field;
  if (type.kind === 'integer' || type.kind === 'bytesAfter') return getBits(header, bit, bits);
  if (type.kind !== 'bits') return readerOf(placeOf(field), CONTEXT)(header, 0);
  return type.as === 'boolean' ? getBits(header, bit, 1) === 1 : getBits(header, bit, bits);
}

function placeOf({ name, type, bit, bits }: HeaderField) {
  return { path: [name], type, offset: bit / 8, size: bits / 8 };
}

function getBits(bytes: Uint8Array, bit: number, bits: number): number {
  let value = 0;
  for (let at = bit; at < bit + bits; at++) value = value * 2 + (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
  return value;
}

function setBits(bytes: Uint8Array, bit: number, bits: number, value: number): void {
  for (let index = 0; index < bits; index++) {
    const at = bit + bits - 1 - index;
    const mask = 0x80 >> (at & 7);
    const isSet = Math.floor(value / 2 ** index) % 2 === 1;
    bytes[at >> 3] = isSet ? (bytes[at >> 3] ?? 0) | mask : (bytes[at >> 3] ?? 0) & ~mask;
  }
}
