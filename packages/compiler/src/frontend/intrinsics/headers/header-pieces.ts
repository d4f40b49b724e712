// The bytes of an author's header that is built: fields given, else defaults, else zero.
import type { HeaderField, HeaderSpec } from '@twinpath/vnf/spec';
import type { ValueId } from '../../../ir/types.ts';
import { knownValue } from '../../core/names.ts';
import type { Site } from '../../path.ts';
import type { Value } from '../../value.ts';
import { type Code, n } from '../code.ts';
import { encodeField } from '../memory/encode.ts';
import type { Piece } from '../memory/piece.ts';
import { numberFor } from '../rewrite/store.ts';

export function headerPieces(
  code: Code,
  { format, defaults }: HeaderSpec,
  given: ReadonlyMap<string, Value>,
  after: ValueId,
  site: Site,
): readonly Piece[] {
  const valueFor = ({ name }: HeaderField): Value | undefined => {
    const value = given.get(name) ?? (defaults[name] === undefined ? undefined : knownValue(defaults[name]));
    return value?.kind === 'undefined' ? undefined : value;
  };
  const pieces: Piece[] = [];
  for (const field of format.fields) {
    const { type, bit, bits, name } = field;
    const place = { path: [name], offset: bit / 8, size: bits / 8 };
    const value = valueFor(field);
    if (type.kind === 'bytesAfter') pieces.push({ offset: bit / 8, bits: 16, value: code.swap(after, 16) });
    else if (value === undefined) continue;
    else if (type.kind === 'bits') pieces.push(...bitPieces(code, field, value, site));
    else if (type.kind === 'integer') {
      pieces.push(...encodeField(code, { ...place, type: { ...type, order: 'network' } }, value, site));
    } else pieces.push(...encodeField(code, { ...place, type }, value, site));
  }
  return pieces;
}

/** Most significant first: the bits that fall into each byte. Pieces of neighbours share bytes, with zeros in each other's place. */
function bitPieces(code: Code, { type, bit, bits }: HeaderField, value: Value, site: Site): readonly Piece[] {
  const id =
    type.kind === 'bits' && type.as === 'boolean' ? truth(code, value, site) : numberFor(code, bits, value, site);
  const constant = value.kind === 'constant' ? BigInt(Number(value.value)) & ((1n << BigInt(bits)) - 1n) : undefined;
  const end = bit + bits;
  const last = (end - 1) >> 3;
  const pieces: Piece[] = [];
  for (let byte = bit >> 3; byte <= last; byte++) {
    const below = 8 * (byte + 1) - end;
    const offset = byte;
    if (constant !== undefined) {
      const part = below >= 0 ? constant << BigInt(below) : constant >> BigInt(-below);
      pieces.push({ offset, bits: 8, value: part & 255n });
      continue;
    }
    const moved = below >= 0 ? code.alu('shl', id, n(below)) : code.alu('shr', id, n(-below));
    pieces.push({ offset, bits: 8, value: code.alu('and', moved, n(255)) });
  }
  return pieces;
}

function truth(code: Code, value: Value, site: Site): ValueId {
  if (value.kind === 'boolean') return value.id;
  if (value.kind === 'constant' && typeof value.value === 'boolean') return code.id(n(value.value ? 1 : 0));
  return code.lowering.fail(site, 'TP3005', 'a boolean', value.kind);
}
