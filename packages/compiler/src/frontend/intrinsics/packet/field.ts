// Header fields by their place in packet's layout tables, as values.
import type { FieldPlace } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Value, Word } from '../../value.ts';
import { type Code, n } from '../code.ts';

/** The field as a host number. It lies within one, two or four bytes that start with the one of its first bit. */
export function loadField(code: Code, header: ValueId, { at, bit, bits }: FieldPlace): ValueId {
  const width = bit + bits <= 8 ? 8 : bit + bits <= 16 ? 16 : 32;
  const loaded = width === 8 ? code.load(header, at, 8) : code.loadNetwork(header, at, width);
  const below = width - bit - bits;
  const shifted = below === 0 ? loaded : code.alu('shr', loaded, n(below));
  return bit === 0 ? shifted : code.alu('and', shifted, n((1n << BigInt(bits)) - 1n));
}

export function integerField(code: Code, header: ValueId, place: FieldPlace): Value {
  const high = (1n << BigInt(place.bits)) - 1n;
  return code.lowering.integer(loadField(code, header, place), { low: 0n, high });
}

export function flagField(code: Code, header: ValueId, place: FieldPlace): Value {
  return { kind: 'boolean', id: loadField(code, header, place) };
}

/** `size` bytes as they lie in memory, in the widest words whose loads are all inside. */
export function loadWords(code: Code, address: ValueId, offset: number, size: number): readonly Word[] {
  const words: Word[] = [];
  for (let at = 0; at < size; ) {
    const width = size - at >= 8 ? 64 : size - at >= 4 ? 32 : size - at >= 2 ? 16 : 8;
    words.push({ id: code.load(address, offset + at, width), width });
    at += width / 8;
  }
  return words;
}

export function ipField(code: Code, header: ValueId, version: 4 | 6, { at }: FieldPlace): Value {
  const size = version === 4 ? 4 : 16;
  return { kind: 'bytes', type: version === 4 ? 'ip4' : 'ip6', words: loadWords(code, header, at, size) };
}

export function macField(code: Code, header: ValueId, { at }: FieldPlace): Value {
  return { kind: 'bytes', type: 'mac', words: loadWords(code, header, at, 6) };
}
