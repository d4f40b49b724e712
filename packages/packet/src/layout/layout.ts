/** Where a field lies: `at` is the byte that holds its first bit, `bit` that bit within the byte (0: most significant). */
export interface FieldPlace {
  readonly at: number;
  readonly bit: number;
  readonly bits: number;
}
export interface HeaderLayout<N extends string> {
  /** Bytes of the fixed part. */
  readonly size: number;
  readonly fields: Readonly<Record<N, FieldPlace>>;
}

/** A header from the widths of its fields, in bits, in the order of the RFC's diagram: most significant bit first. */
export function layout<const W extends Readonly<Record<string, number>>>(widths: W): HeaderLayout<keyof W & string>;
export function layout(widths: Readonly<Record<string, number>>): HeaderLayout<string> {
  let offset = 0;
  const fields: Record<string, FieldPlace> = {};
  for (const [name, bits] of Object.entries(widths)) {
    fields[name] = { at: offset >> 3, bit: offset & 7, bits };
    offset += bits;
  }
  return { size: offset / 8, fields };
}
