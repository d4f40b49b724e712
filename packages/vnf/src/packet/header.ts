import type { Layer } from '@twinpath/packet';
import { SPEC } from '../spec/spec-key.ts';
import type { u8, u16, u32 } from '../types/integers.ts';
import type { FastRecord, Shape, Type } from '../types/type.ts';
import type { BitsType, BytesAfterType } from '../types/type-spec.ts';
import { type HeaderFormat, headerFormat } from './header-format.ts';
import { layerOf } from './header-layer.ts';
import type { IpHeader } from './views.ts';

export type { Layer };

/** Called, it makes a layer for `encapsulate` and `frame`; fields not given are the defaults, else zero. */
export interface Header<F extends Shape> {
  (fields: Partial<FastRecord<F>>): Layer;
  readonly fields: F;
  readonly [SPEC]: HeaderSpec;
}
/** At run time what `header()` was given. */
export interface HeaderSpec {
  readonly kind: 'header';
  readonly fields: Shape;
  readonly format: HeaderFormat;
  readonly defaults: Readonly<Record<string, unknown>>;
  /** How long a header is with all that belongs to it, if that depends on its fields. */
  bytes?(header: object): number;
}
export type HeaderView<F extends Shape> = FastRecord<F> & {
  next<G extends Shape>(header: Header<G>): HeaderView<G> | undefined;
  ip(): IpHeader | undefined;
};

/** Most bytes that a header's own function may give it. */
export const MOST_HEADER_BYTES = 4094;

/** A protocol of the author's. Fields in the order of the RFC's diagram, most significant bit first, network byte order.
 *  `bytes`: how long a header is with all that belongs to it, from its fields; there is none where that is less than its fields
 *  take, more than 4094 or odd.
 *  @throws VnfSpecError for fields that cannot stand in a header, or do not end on a whole byte. */
export function header<const F extends Shape>(
  fields: F,
  options: { readonly defaults?: Partial<FastRecord<F>>; readonly bytes?: (header: HeaderView<F>) => u32 } = {},
): Header<F> {
  const { bytes } = options;
  const spec: HeaderSpec = Object.freeze({
    kind: 'header',
    fields,
    format: headerFormat(fields),
    defaults: Object.freeze({ ...options.defaults }),
    ...(bytes !== undefined && { bytes }),
  });
  return Object.freeze(
    Object.assign((given: Partial<FastRecord<F>>) => layerOf(spec, given), { fields, [SPEC]: spec }),
  );
}

/** 1 to 32 bits. */
export function bits(width: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8): Type<u8>;
export function bits(width: 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16): Type<u16>;
export function bits(width: number): Type<u32>;
export function bits(width: number): Type<u32> {
  return bitsType(width, 'number');
}
/** One bit. */
export const flag: Type<boolean> = bitsType(1, 'boolean');
const after: BytesAfterType = { kind: 'bytesAfter', size: 2, align: 2 };
/** 16 bits: how many bytes follow this header. Filled in by `encapsulate`. */
export const bytesAfter: Type<u16> = Object.freeze(after);

function bitsType(width: number, as: BitsType['as']): BitsType {
  return Object.freeze({ kind: 'bits', size: Math.ceil(width / 8), align: 1, width, as });
}
