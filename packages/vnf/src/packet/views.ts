// The header views of @twinpath/packet, and what only this package can add to them: headers of authors.

import type * as base from '@twinpath/packet';
import type { Shape } from '../types/type.ts';
import type { Header, HeaderView } from './header.ts';

/** Reading and rewriting, the same in both paths. A view is `undefined` when the protocol is another one, the packet is too
 *  short for the header, or the header contradicts itself. Fields are host numbers. Writing a field updates every checksum
 *  that covers it, once per packet. Views of tunnelled headers come from the header that carries them. */
export interface PacketView extends base.PacketView {
  /** IPv4 or IPv6 behind any VLAN tags. */
  ip(): IpHeader | undefined;
  ipv4(): Ipv4Header | undefined;
  ipv6(): Ipv6Header | undefined;
}

/** A packet that went up as a copy. Header views as in the fast path. */
export interface CopiedPacket extends PacketView, base.CopiedPacket {
  ip(): IpHeader | undefined;
  ipv4(): Ipv4Header | undefined;
  ipv6(): Ipv6Header | undefined;
}

interface Carries {
  /** The header behind this one, when it is what you expect it to be; `undefined`: it is not all there. */
  next<F extends Shape>(header: Header<F>): HeaderView<F> | undefined;
}
interface IpCarries extends Carries {
  /** The datagram that this one carries (IP in IP: RFC 2003, 2473, 4213), if it is all there. */
  ip(): IpHeader | undefined;
  udp(): UdpHeader | undefined;
  icmp(): IcmpHeader | undefined;
}
/** What IPv4 and IPv6 have in common. */
export interface IpHeader extends base.IpHeader, IpCarries {
  udp(): UdpHeader | undefined;
  icmp(): IcmpHeader | undefined;
}
export interface Ipv4Header extends base.Ipv4Header, IpCarries {
  udp(): UdpHeader | undefined;
  icmp(): IcmpHeader | undefined;
}
export interface Ipv6Header extends base.Ipv6Header, IpCarries {
  udp(): UdpHeader | undefined;
  icmp(): IcmpHeader | undefined;
}
export interface UdpHeader extends base.UdpHeader, Carries {}
export interface IcmpHeader extends base.IcmpHeader {
  quoted(): IpHeader | undefined;
}
