import type * as values from '@twinpath/packet';
import type { Type } from './type.ts';
import type { IntegerType, WideType } from './type-spec.ts';

export type u8 = values.u8;
export type u16 = values.u16;
export type u32 = values.u32;
export type u64 = values.u64;
export type count64 = values.count64;
export type instant = values.instant;

function integer(size: 1 | 2 | 4, order: 'host' | 'network'): IntegerType {
  return Object.freeze({ kind: 'integer', size, align: size, order });
}
function wide(kind: WideType['kind']): WideType {
  return Object.freeze({ kind, size: 8, align: 8 });
}

export const u8: Type<u8> = integer(1, 'host');
export const u16: Type<u16> = integer(2, 'host');
export const u32: Type<u32> = integer(4, 'host');
/** Same numbers as `u16` and `u32`, stored in network byte order: copying from a header then costs no swap. */
export const be16: Type<u16> = integer(2, 'network');
export const be32: Type<u32> = integer(4, 'network');
export const u64: Type<u64> = wide('u64');
export const count64: Type<count64> = wide('count64');
export const instant: Type<instant> = wide('instant');
