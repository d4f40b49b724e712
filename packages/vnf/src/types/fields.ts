import type { Ip, Ip4, Ip6, Mac, Port, Prefix, Protocol } from '@twinpath/packet';
import type { u16 } from './integers.ts';
import type { Guard, Traffic, TrafficTotals } from './traffic.ts';
import type { Type } from './type.ts';
import type { EnumType, FixedType, IpType, MatchType, TextType } from './type-spec.ts';

function fixed(kind: FixedType['kind'], size: number, align: number): FixedType {
  return Object.freeze({ kind, size, align });
}
function match(kind: MatchType['kind'], size: number, align: number): MatchType {
  return Object.freeze({ kind, size, align });
}
const eitherFamily: IpType = Object.freeze({ kind: 'ip', size: 16, align: 4 });

/** One byte. */
export const bool: Type<boolean> = fixed('bool', 1, 1);
/** 4 bytes, network order. */
export const ip4: Type<Ip4> = fixed('ip4', 4, 4);
/** 16 bytes, network order; aligned to 4 as `struct in6_addr`. */
export const ip6: Type<Ip6> = fixed('ip6', 16, 4);
/** Either family. In a key the table is kept as one kernel map per family (4- or 16-byte keys) and its `ip` fields agree
 *  in family with the key; elsewhere 16 bytes, and the fast path must prove the family with `sameFamily`. */
export const ip: Type<Ip> = eitherFamily;
/** Only as (the last field of) an `lpm` key or in a `classifier`: Node stores prefixes, the fast path looks up addresses. */
export const prefix: Type<Ip, Prefix> = match('prefix', 16, 4);
/** In a `classifier`: Node stores `443` or `'8000-8999'`, the fast path matches a number. */
export const portRange: Type<u16, u16 | `${number}-${number}`> = match('portRange', 4, 2);
/** 6 bytes; aligned to 2, so that the fast path moves it in words of 2 and 4. */
export const mac: Type<Mac> = fixed('mac', 6, 2);
/** 4 bytes: index of a port of this function; a name in TypeScript. */
export const portName: Type<Port> = fixed('portName', 4, 4);
/** 1 byte. */
export const protocol: Type<Protocol> = fixed('protocol', 1, 1);
/** Packets and bytes, 8 bytes each. */
export const traffic: Type<Traffic, TrafficTotals> = fixed('traffic', 16, 8);
/** 4 bytes. */
export const guard: Type<Guard, undefined> = fixed('guard', 4, 4);

/** Fixed-length ASCII text, zero-padded. The fast path copies it and compares it with constants. */
export function text(bytes: number): Type<string> {
  const type: TextType = { kind: 'text', size: bytes, align: 1 };
  return Object.freeze(type);
}

/** An enumeration, 1 byte, numbered in the order given. Adding at the end keeps the layout. */
export function oneOf<const N extends readonly string[]>(...names: N): Type<N[number]> {
  const type: EnumType = { kind: 'enum', size: 1, align: 1, names: Object.freeze([...names]) };
  return Object.freeze(type);
}
