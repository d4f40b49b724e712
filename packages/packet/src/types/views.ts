import type { EtherType, FiveTuple, Ip, Ip4, Ip6, instant, Mac, Port, Protocol, u8, u16, u32 } from './values.ts';

/** Reading and rewriting, the same in both paths. A view is `undefined` when the protocol is another one, the packet is too
 *  short for the header, or the header contradicts itself (the rules: dissect/datagram.ts and view/transport.ts). Fields are
 *  host numbers. Writing a field updates every checksum that covers it. */
export interface PacketView {
  /** Bytes of the frame, Ethernet header included, checksum excluded. */
  readonly length: u32;
  /** Where it came in. A transparent function has no ports of its own and sees the name of the port that it sits on. */
  readonly port: Port;
  /** When it came in: the clock is read once, and only if this is used. */
  readonly now: instant;
  ethernet(): EthernetHeader | undefined;
  arp(): ArpHeader | undefined;
  /** IPv4 or IPv6 behind any VLAN tags. */
  ip(): IpHeader | undefined;
  ipv4(): Ipv4Header | undefined;
  ipv6(): Ipv6Header | undefined;
}

/** A packet whose bytes are here. Header views as in the fast path. */
export interface CopiedPacket extends PacketView {
  readonly bytes: Uint8Array;
  /** The text form: `'eth / ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 syn'`. */
  toString(): string;
}

export interface EthernetHeader {
  src: Mac;
  dst: Mac;
  readonly type: EtherType;
  /** Outermost tag, also where the kernel keeps it beside the packet. */
  readonly vlan: VlanTag | undefined;
  /** Group bit of `dst`: multicast and broadcast. */
  readonly isMulticast: boolean;
}
export interface VlanTag {
  id: u16;
  priority: u8;
  readonly inner: VlanTag | undefined;
}
export interface ArpHeader {
  readonly operation: 'request' | 'reply' | u16;
  readonly senderMac: Mac;
  readonly senderIp: Ip4;
  readonly targetMac: Mac;
  readonly targetIp: Ip4;
}

/** What IPv4 and IPv6 have in common. */
export interface IpHeader {
  readonly version: 4 | 6;
  src: Ip;
  dst: Ip;
  /** TTL or hop limit. */
  hops: u8;
  /** DSCP and ECN, 8 bits. */
  trafficClass: u8;
  /** The transport protocol: behind IPv6 extension headers, of which up to 6 are walked. Further ones show as themselves. */
  readonly protocol: Protocol;
  /** Bytes from this header to the end of the datagram. */
  readonly length: u32;
  readonly isFragment: boolean;
  /** Offset 0: transport headers can be read. Also true of a packet that is no fragment. */
  readonly isFirstFragment: boolean;
  /** IPv4 options, or IPv6 hop-by-hop, routing or destination options. */
  readonly hasOptions: boolean;
  tcp(): TcpHeader | undefined;
  udp(): UdpHeader | undefined;
  icmp(): IcmpHeader | undefined;
  /** TCP, UDP and SCTP alike. */
  ports(): Ports | undefined;
  /** `undefined`: a later fragment, or the transport header is cut off. */
  flow(): FiveTuple | undefined;
  /** Gives the packet these addresses and ports (or ICMP identifier, from `sport`); `protocol` must be the same.
   *  @throws RangeError another protocol, or an address of the other family. */
  rewrite(to: FiveTuple): void;
}
export interface Ipv4Header extends IpHeader {
  readonly version: 4;
  src: Ip4;
  dst: Ip4;
  readonly identification: u16;
  readonly dontFragment: boolean;
}
export interface Ipv6Header extends IpHeader {
  readonly version: 6;
  src: Ip6;
  dst: Ip6;
  flowLabel: u32;
  /** Of a fragment header directly behind this one; `undefined`: there is none, or other headers lie between. */
  readonly identification: u32 | undefined;
}
export interface Ports {
  sport: u16;
  dport: u16;
}
export interface TcpHeader extends Ports {
  sequence: u32;
  acknowledgement: u32;
  window: u16;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  readonly psh: boolean;
  readonly urg: boolean;
  /** The value of an option, for example 2: maximum segment size. */
  option(number: u8): Bytes | undefined;
  /** `undefined`: not one byte of it is there. */
  payload(): Bytes | undefined;
}
export interface UdpHeader extends Ports {
  readonly length: u16;
  /** `undefined`: not one byte of it is there. */
  payload(): Bytes | undefined;
}
export interface IcmpHeader {
  readonly type: IcmpType;
  readonly code: u8;
  /** The packet that an error message quotes. Writing to it keeps its own header checksum and the ICMP checksum right; its
   *  transport checksum stays as it was (RFC 5508, section 4.2). `undefined`: no error message, or too little quoted. */
  quoted(): IpHeader | undefined;
  /** Neighbour solicitation and advertisement: the address asked for, and the link-layer address option if there is one. */
  neighbour(): { readonly target: Ip6; readonly mac: Mac | undefined } | undefined;
}
export type IcmpType =
  | 'echo-request'
  | 'echo-reply'
  | 'unreachable'
  | 'packet-too-big'
  | 'time-exceeded'
  | 'parameter-problem'
  | 'redirect'
  | 'router-solicitation'
  | 'router-advertisement'
  | 'neighbour-solicitation'
  | 'neighbour-advertisement'
  | u8;
/** Bytes of known position. Numbers are read in network order; `undefined`: beyond the end. */
export interface Bytes {
  readonly length: u32;
  u8(at: u32): u8 | undefined;
  u16(at: u32): u16 | undefined;
  u32(at: u32): u32 | undefined;
  startsWith(ascii: string): boolean;
}
