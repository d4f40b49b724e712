// Stores into header fields, and what they change.
import type { FieldPlace } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Site } from '../../path.ts';
import type { Value } from '../../value.ts';
import { type Code, n } from '../code.ts';
import { encodeField } from '../memory/encode.ts';
import { type Piece, storePieces, word } from '../memory/piece.ts';
import type { Change } from './delta.ts';

/** A number for a field of so many bits, modulo its width, with a warning where it may not fit. */
export function numberFor(code: Code, bits: number, value: Value, site: Site): ValueId {
  const { lowering, path } = code;
  const range = lowering.rangeOf(path, value);
  if (range === undefined) return lowering.fail(site, 'TP3005', 'a number', value.kind);
  const top = (1n << BigInt(bits)) - 1n;
  const id = lowering.register(path, value, site);
  if (range.low >= 0n && range.high <= top) return id;
  lowering.warn(site, 'TP3006', `${range.low}…${range.high}`, `0…${top}`);
  return code.alu('and', id, n(top));
}

/** Puts a number into its field: the 16 or 32 bits around it are one word, whose first byte lies at an even place. */
export function storeNumber(code: Code, header: ValueId, { at, bit, bits }: FieldPlace, value: ValueId): Change {
  const start = at & ~1;
  const first = (at - start) * 8 + bit;
  const width = first + bits <= 16 ? 16 : 32;
  const before = code.load(header, start, width);
  const after = first === 0 && bits === width ? code.swap(value, width) : merged();
  code.store(header, start, width, after);
  return { before, after, width };

  function merged(): ValueId {
    const shift = width - first - bits;
    const mask = ((1n << BigInt(bits)) - 1n) << BigInt(shift);
    const rest = code.alu('and', code.swap(before, width), n(((1n << BigInt(width)) - 1n) ^ mask));
    return code.swap(code.alu('or', rest, code.alu('shl', value, n(shift))), width);
  }
}

export function addressPieces(code: Code, type: 'ip4' | 'ip6' | 'mac', value: Value, site: Site): readonly Piece[] {
  const size = { ip4: 4, ip6: 16, mac: 6 }[type];
  return encodeField(code, { path: [], type: { kind: type, size, align: 1 }, offset: 0, size }, value, site);
}

/** The words of an address that was there and of the one that comes. */
export function storeAddress(
  code: Code,
  header: ValueId,
  { at, bits }: FieldPlace,
  pieces: readonly Piece[],
): readonly Change[] {
  const size = bits / 8;
  const changes: Change[] = [];
  for (let offset = 0; offset < size; offset += 4) {
    const before = code.load(header, at + offset, 32);
    changes.push({ before, after: code.truncate(word(code, pieces, offset, 32), 32), width: 32 });
  }
  storePieces(code, header, at, size, pieces);
  return changes;
}
