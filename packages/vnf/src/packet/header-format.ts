import { VnfSpecError } from '../spec/vnf-spec-error.ts';
import { isType, type Shape } from '../types/type.ts';
import type { TypeSpec } from '../types/type-spec.ts';

/** A field of a header: `bit` counts from the header's first, most significant one. */
export interface HeaderField {
  readonly name: string;
  readonly type: TypeSpec;
  readonly bit: number;
  readonly bits: number;
}
export interface HeaderFormat {
  /** Bytes of all fields. */
  readonly size: number;
  readonly fields: readonly HeaderField[];
}

const WHOLE_BYTES = new Set(['integer', 'ip4', 'ip6', 'mac', 'protocol', 'enum', 'text', 'bool', 'bytesAfter']);

/** Of every view of a header. */
const METHODS = new Set(['next', 'ip']);

/** Without padding, one field right behind the other. @throws VnfSpecError */
export function headerFormat(shape: Shape): HeaderFormat {
  const fields: HeaderField[] = [];
  let bit = 0;
  for (const [name, type] of Object.entries(shape)) {
    const width = widthOf(name, type);
    if (!isType(type)) throw nested(name);
    if (METHODS.has(name)) throw taken(name);
    if (type.kind !== 'bits' && bit % 8 !== 0) throw notAligned(name, bit);
    fields.push(Object.freeze({ name, type, bit, bits: width }));
    bit += width;
  }
  if (bit === 0 || bit % 8 !== 0) {
    const hint = 'fill it up with a field such as `spare: bits(4)`';
    throw new VnfSpecError('header()', `its fields take ${bit} bits, which is not a whole number of bytes`, hint);
  }
  return Object.freeze({ size: bit / 8, fields: Object.freeze(fields) });
}

function widthOf(name: string, type: Shape[string]): number {
  if (!isType(type)) throw nested(name);
  if (type.kind !== 'bits' && WHOLE_BYTES.has(type.kind)) return type.size * 8;
  if (type.kind === 'bits' && Number.isInteger(type.width) && type.width >= 1 && type.width <= 32) return type.width;
  const why = type.kind === 'bits' ? `${type.width} bits are not 1 to 32` : `${type.kind} has no place in a header`;
  throw new VnfSpecError(
    `header(), field ${name}`,
    why,
    'use bits(n), flag, u8, u16, u32, ip4, ip6, mac, oneOf or text',
  );
}

function taken(name: string): VnfSpecError {
  return new VnfSpecError(`header(), field ${name}`, `${name}() is what its views have`, 'give the field another name');
}

function nested(name: string): VnfSpecError {
  return new VnfSpecError(`header(), field ${name}`, 'headers do not nest', 'spread the fields into the header');
}

function notAligned(name: string, bit: number): VnfSpecError {
  const where = `header(), field ${name}`;
  return new VnfSpecError(where, `it begins at bit ${bit % 8} of a byte`, 'only bits(n) and flag may begin there');
}
