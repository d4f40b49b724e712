import type * as base from '@twinpath/packet';
import { type Datagram, FrameView, ipView, locateDatagram, locateFrameDatagram } from '@twinpath/packet';
import type { Shape } from '../types/type.ts';
import type { Header, HeaderView } from './header.ts';
import { headerView } from './header-view.ts';
import type { CopiedPacket, IcmpHeader, IpHeader, Ipv4Header, Ipv6Header, UdpHeader } from './views.ts';

const UDP_HEADER = 8;
const UDP_CHECKSUM = 6;
const IPV4_IN_IP = 4;
const IPV6_IN_IP = 41;
/** Of ICMP and ICMPv6 errors, in front of the packet that they quote. */
const ICMP_ERROR_HEADER = 8;

interface Next {
  next<F extends Shape>(header: Header<F>): HeaderView<F> | undefined;
}
interface NextOfIp extends Next {
  ip(): IpHeader | undefined;
  udp(): UdpHeader | undefined;
  icmp(): IcmpHeader | undefined;
}

/** A packet whose views know `next(header)`, so that slow paths read headers of authors. */
export class CopiedFrame extends FrameView implements CopiedPacket {
  override ip(): IpHeader | undefined {
    return this.#withNext(super.ip());
  }

  override ipv4(): Ipv4Header | undefined {
    return this.#withNext(super.ipv4());
  }

  override ipv6(): Ipv6Header | undefined {
    return this.#withNext(super.ipv6());
  }

  #withNext<T extends base.IpHeader>(ip: T | undefined): (T & NextOfIp) | undefined {
    const datagram = ip && locateFrameDatagram(this.bytes, this.length);
    return ip && datagram && withNext(ip, this.bytes, datagram);
  }
}

/** One IP header with `next`, which lies at `datagram`. */
export function withNext<T extends base.IpHeader>(
  ip: T,
  bytes: Uint8Array,
  datagram: Datagram,
  tunnels: readonly base.ChecksumField[] = [],
): T & NextOfIp {
  const { transportAt: at, end, isFirstFragment } = datagram;
  const [udp, icmp] = [ip.udp.bind(ip), ip.icmp.bind(ip)];
  return Object.assign(ip, {
    next: <F extends Shape>(header: Header<F>) =>
      isFirstFragment ? headerView(header, { bytes, at, end, tunnels }) : undefined,
    ip: () => carriedBy(bytes, datagram, tunnels),
    udp: () => {
      const found = udp();
      return found && udpWithNext(found, bytes, datagram, tunnels);
    },
    icmp: () => {
      const found = icmp();
      return found && icmpWithNext(found, bytes, datagram, tunnels);
    },
  });
}

function carriedBy(
  bytes: Uint8Array,
  { protocol, transportAt, end, isFirstFragment }: Datagram,
  tunnels: readonly base.ChecksumField[],
): IpHeader | undefined {
  const version = protocol === IPV4_IN_IP ? 4 : protocol === IPV6_IN_IP ? 6 : undefined;
  if (!isFirstFragment || version === undefined) return undefined;
  const inner = locateDatagram(bytes, transportAt, version, { readable: end, claimable: end });
  return inner && withNext(ipView(bytes, inner, undefined, tunnels), bytes, inner, tunnels);
}

function udpWithNext(
  udp: base.UdpHeader,
  bytes: Uint8Array,
  { transportAt, end }: Datagram,
  tunnels: readonly base.ChecksumField[],
): UdpHeader {
  const checksum = { at: transportAt + UDP_CHECKSUM, zeroMeansNone: true, coveredBy: tunnels };
  const place = { bytes, at: transportAt + UDP_HEADER, end: Math.min(end, transportAt + udp.length) };
  const payload = { ...place, tunnels: [checksum, ...tunnels] };
  return Object.assign(udp, { next: <F extends Shape>(header: Header<F>) => headerView(header, payload) });
}

function icmpWithNext(
  icmp: base.IcmpHeader,
  bytes: Uint8Array,
  { transportAt, end, version }: Datagram,
  tunnels: readonly base.ChecksumField[],
): IcmpHeader {
  const quoted = icmp.quoted.bind(icmp);
  return Object.assign(icmp, {
    quoted: () => {
      const found = quoted();
      const datagram = found && locateDatagram(bytes, transportAt + ICMP_ERROR_HEADER, version, { readable: end });
      // Nothing is read inside of what is quoted.
      return found && datagram && Object.assign(withNext(found, bytes, datagram, tunnels), { ip: () => undefined });
    },
  });
}
