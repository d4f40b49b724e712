// Values as an author of a network function sees them. Integers carry an optional brand: literals and results of
// arithmetic fit, a wider declared value does not fit into a narrower one.

declare const width: unique symbol;
declare const kind: unique symbol;

export type u8 = number & { readonly [width]?: 8 };
export type u16 = number & { readonly [width]?: 8 | 16 };
export type u32 = number & { readonly [width]?: 8 | 16 | 32 };
/** Packets, bytes, events: 8 bytes in a table, a number in TypeScript. Node reads it exactly up to 2⁵³, rounded above. */
export type count64 = number & { readonly [width]?: 8 | 16 | 32 | 64 };
/** Nanoseconds of the monotonic clock (CLOCK_MONOTONIC), the same clock in both paths. The difference of two is in ns. */
export type instant = number & { readonly [width]?: 'ns' };
/** An opaque 64-bit identifier. Equality, keys, `&`, `|`, `^` only; never arithmetic. */
export type u64 = bigint;

/** `'192.0.2.1'`. */
export type Ip4 = string & { readonly [kind]?: 'ip4' };
/** `'2001:db8::1'`. From tables and packets always canonical (RFC 5952), so that `===` works; the author may write any form. */
export type Ip6 = string & { readonly [kind]?: 'ip6' };
/** An address of either family. An IPv4 address and the IPv6 address that maps it are different values. */
export type Ip = string & { readonly [kind]?: 'ip4' | 'ip6' };
/** `'192.0.2.0/24'` or `'2001:db8::/32'`; host bits must be zero. */
export type Prefix = string & { readonly [kind]?: 'prefix' };
/** `'02:00:00:00:00:01'`, lower case. */
export type Mac = string & { readonly [kind]?: 'mac' };
/** The name of one of the function's ports. */
export type Port = string & { readonly [kind]?: 'port' };
/** IP protocol: a name where there is one, else its number. `ip.protocol === 'tcp'` compiles to a comparison with 6. */
export type Protocol = 'icmp' | 'igmp' | 'tcp' | 'udp' | 'gre' | 'esp' | 'ah' | 'icmp6' | 'sctp' | u8;
/** Ethernet type behind all VLAN tags: a name where there is one, else its number. */
export type EtherType = 'ipv4' | 'ipv6' | 'arp' | 'mpls' | 'lldp' | u16;

/** Five fields that name a flow. ICMP echo: both ports are the identifier. Protocols without ports: both are 0. */
export interface FiveTuple {
  src: Ip;
  dst: Ip;
  sport: u16;
  dport: u16;
  protocol: Protocol;
}
