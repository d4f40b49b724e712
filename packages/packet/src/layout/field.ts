import { getU8 } from '../bytes/big-endian.ts';
import type { FieldPlace, HeaderLayout } from './layout.ts';

/** A field of at most 32 bits of the header at `at`. */
export function readField(bytes: Uint8Array, at: number, { at: first, bit, bits }: FieldPlace): number {
  const count = Math.ceil((bit + bits) / 8);
  let value = 0;
  for (let index = 0; index < count; index++) value = value * 256 + getU8(bytes, at + first + index);
  return Math.floor(value / 2 ** (count * 8 - bit - bits)) % 2 ** bits;
}

/** The fixed part of a header; fields not given are zero. Fields above 32 bits (addresses) are for the caller to write.
 *  @throws RangeError a value that does not fit into its field. */
export function headerBytes<N extends string>(
  { size, fields }: HeaderLayout<N>,
  values: { readonly [F in NoInfer<N>]?: number },
): Uint8Array {
  const header = new Uint8Array(size);
  for (const name in fields) writeField(header, fields[name], values[name] ?? 0, name);
  return header;
}

/** Into bytes that are zero. */
function writeField(header: Uint8Array, { at, bit, bits }: FieldPlace, value: number, name: string): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`${name}: ${value} does not fit into ${bits} bits`);
  }
  const count = Math.ceil((bit + bits) / 8);
  let rest = value * 2 ** (count * 8 - bit - bits);
  for (let index = at + count - 1; index >= at; index--) {
    header[index] = getU8(header, index) | (rest % 256);
    rest = Math.floor(rest / 256);
  }
}
