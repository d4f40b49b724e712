import type * as base from '@twinpath/packet';
import { type Datagram, locateDatagram, locateFrameDatagram } from '@twinpath/packet';
import type { Shape } from '../types/type.ts';
import type { Header, HeaderView } from './header.ts';
import { headerView } from './header-view.ts';
import type { CopiedPacket, IcmpHeader, UdpHeader } from './views.ts';

const UDP_HEADER = 8;
/** Of ICMP and ICMPv6 errors, in front of the packet that they quote. */
const ICMP_ERROR_HEADER = 8;

interface Next {
  next<F extends Shape>(header: Header<F>): HeaderView<F> | undefined;
}
interface NextOfIp extends Next {
  udp(): UdpHeader | undefined;
  icmp(): IcmpHeader | undefined;
}

/** Teaches a packet's views `next(header)`, so that slow paths read headers of authors. The packet itself is changed, and
 *  given back. */
export function withHeaders(packet: base.CopiedPacket): CopiedPacket {
  const { bytes, length } = packet;
  const locate = <T extends base.IpHeader>(read: () => T | undefined) => {
    const ip = read();
    const datagram = ip && locateFrameDatagram(bytes, length);
    return ip && datagram && withNext(ip, bytes, datagram);
  };
  const [ip, ipv4, ipv6] = [packet.ip.bind(packet), packet.ipv4.bind(packet), packet.ipv6.bind(packet)];
  return Object.assign(packet, { ip: () => locate(ip), ipv4: () => locate(ipv4), ipv6: () => locate(ipv6) });
}

/** The same for one IP header, which lies at `datagram`. */
export function withNext<T extends base.IpHeader>(ip: T, bytes: Uint8Array, datagram: Datagram): T & NextOfIp {
  const { transportAt: at, end, isFirstFragment } = datagram;
  const [udp, icmp] = [ip.udp.bind(ip), ip.icmp.bind(ip)];
  return Object.assign(ip, {
    next: <F extends Shape>(header: Header<F>) =>
      isFirstFragment ? headerView(header, { bytes, at, end }) : undefined,
    udp: () => {
      const found = udp();
      return found && udpWithNext(found, bytes, datagram);
    },
    icmp: () => {
      const found = icmp();
      return found && icmpWithNext(found, bytes, datagram);
    },
  });
}

function udpWithNext(udp: base.UdpHeader, bytes: Uint8Array, { transportAt, end }: Datagram): UdpHeader {
  const payload = { bytes, at: transportAt + UDP_HEADER, end: Math.min(end, transportAt + udp.length) };
  return Object.assign(udp, { next: <F extends Shape>(header: Header<F>) => headerView(header, payload) });
}

function icmpWithNext(icmp: base.IcmpHeader, bytes: Uint8Array, { transportAt, end, version }: Datagram): IcmpHeader {
  const quoted = icmp.quoted.bind(icmp);
  return Object.assign(icmp, {
    quoted: () => {
      const found = quoted();
      const datagram = found && locateDatagram(bytes, transportAt + ICMP_ERROR_HEADER, version, { readable: end });
      return found && datagram && withNext(found, bytes, datagram);
    },
  });
}
