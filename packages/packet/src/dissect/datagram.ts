// Where the parts of an IP datagram lie. The fast path must agree with every rule here:
//
// IPv4 is a view only if 20 bytes are there, the version is 4, the header length is at least 5 words and all there, and the
//   total length is at least the header's and not beyond the frame. (A total length of 0, as Linux gives IPv4 packets above
//   64 kB, is therefore no view.)
// IPv6 is a view only if 40 bytes are there, the version is 6, and 40 + payload length is not beyond the frame. (Jumbograms
//   have payload length 0: a view without transport.)
//   Neither address lies in ff00::/64, multicast of scope 0: such packets are dropped silently (RFC 4291 section 2.7), and tables
//   keep IPv4 addresses there (vnf's layout/tagged-ip.ts), so that a forged one must not be seen.
// A quoted datagram (in an ICMP error) may claim to be longer than what is quoted; it must be of the family that quotes it.
// Bytes behind the claimed length (Ethernet padding) belong to no header: transport headers lie inside the datagram.
//
// IPv6 extension headers (layout/extension.ts) are walked, up to 6, until one that is none of them. One that does not lie
//   wholly inside the datagram, and a seventh, is not walked: `protocol` shows it and nothing behind it can be read.
//   Behind a fragment header with an offset nothing is walked: `protocol` is what that header names.
// A fragment has an offset or more to follow. An IPv6 fragment header with neither (RFC 6946) makes none.
// Checksums cover the last address of a routing header that has segments left (RFC 8200 section 8.1), not `dst`.
import { getU8, getU16, getU32 } from '../bytes/big-endian.ts';
import { extensionNumbers, MAX_EXTENSIONS } from '../layout/extension.ts';
import { ipv4Layout, ipv6FragmentLayout, ipv6Layout, ipv6RoutingLayout } from '../layout/headers.ts';

export interface Datagram {
  readonly version: 4 | 6;
  readonly at: number;
  /** As the header says. */
  readonly length: number;
  /** The first byte behind what can be read of the datagram. */
  readonly end: number;
  /** Behind the IP header and the extension headers that were walked. */
  readonly transportAt: number;
  /** What lies at `transportAt`; of later fragments: what the first one has there. */
  readonly protocol: number;
  readonly isFragment: boolean;
  readonly isFirstFragment: boolean;
  readonly hasOptions: boolean;
  /** `protocol` is an extension header that was not walked. */
  readonly isUnfinished: boolean;
  /** Where the destination lies that transport checksums cover. */
  readonly finalDstAt: number;
}

export interface Limits {
  /** Bytes from here on cannot be read. */
  readonly readable: number;
  /** The datagram must not claim to reach beyond; not given for quoted ones. */
  readonly claimable?: number;
}

/** The datagram at `at`, of this version. `undefined`: too short, or it contradicts itself. */
export function locateDatagram(bytes: Uint8Array, at: number, version: 4 | 6, limits: Limits): Datagram | undefined {
  return version === 4 ? locateIpv4(bytes, at, limits) : locateIpv6(bytes, at, limits);
}

function locateIpv4(bytes: Uint8Array, at: number, { readable, claimable = Infinity }: Limits): Datagram | undefined {
  const { fields, size } = ipv4Layout;
  if (at + size > readable) return undefined;
  const first = getU8(bytes, at);
  const headerLength = (first & 15) * 4;
  const length = getU16(bytes, at + fields.length.at);
  if (first >> 4 !== 4 || headerLength < size || at + headerLength > readable) return undefined;
  if (length < headerLength || at + length > claimable) return undefined;
  const fragment = getU16(bytes, at + fields.moreFragments.at);
  return {
    version: 4,
    at,
    length,
    end: Math.min(readable, at + length),
    transportAt: at + headerLength,
    protocol: getU8(bytes, at + fields.protocol.at),
    isFragment: (fragment & 0x3fff) !== 0,
    isFirstFragment: (fragment & 0x1fff) === 0,
    hasOptions: headerLength > size,
    isUnfinished: false,
    finalDstAt: at + fields.dst.at,
  };
}

function locateIpv6(bytes: Uint8Array, at: number, { readable, claimable = Infinity }: Limits): Datagram | undefined {
  const { fields, size } = ipv6Layout;
  if (at + size > readable || getU8(bytes, at) >> 4 !== 6) return undefined;
  const length = size + getU16(bytes, at + fields.payloadLength.at);
  if (at + length > claimable || isReserved(bytes, at + fields.src.at) || isReserved(bytes, at + fields.dst.at))
    return undefined;
  const end = Math.min(readable, at + length);
  return { version: 6, at, length, end, ...walkExtensions(bytes, at, end) };
}

/** ff00::/64. */
function isReserved(bytes: Uint8Array, at: number): boolean {
  return getU32(bytes, at) === 0xff00_0000 && getU32(bytes, at + 4) === 0;
}

type Walk = Omit<Datagram, 'version' | 'at' | 'length' | 'end'>;

function walkExtensions(bytes: Uint8Array, at: number, end: number): Walk {
  const walk = {
    transportAt: at + ipv6Layout.size,
    protocol: getU8(bytes, at + ipv6Layout.fields.nextHeader.at),
    isFragment: false,
    isFirstFragment: true,
    hasOptions: false,
    isUnfinished: false,
    finalDstAt: at + ipv6Layout.fields.dst.at,
  };
  for (let walked = 0; walk.isFirstFragment && isExtension(walk.protocol); walked++) {
    const size = extensionSize(bytes, walk.transportAt, walk.protocol, end);
    walk.isUnfinished = walked === MAX_EXTENSIONS || size === undefined;
    if (size === undefined || walk.isUnfinished) break;
    if (walk.protocol === extensionNumbers.fragment) {
      const fragment = getU16(bytes, walk.transportAt + ipv6FragmentLayout.fields.fragmentOffset.at);
      walk.isFragment ||= (fragment & 0xfff9) !== 0;
      walk.isFirstFragment = (fragment & 0xfff8) === 0;
    } else if (walk.protocol === extensionNumbers.routing) {
      walk.finalDstAt = lastSegment(bytes, walk.transportAt, size) ?? walk.finalDstAt;
    }
    walk.hasOptions ||= isOption(walk.protocol);
    walk.protocol = getU8(bytes, walk.transportAt);
    walk.transportAt += size;
  }
  return walk;
}

const extensions = new Set<number>(Object.values(extensionNumbers));

function isExtension(number: number): boolean {
  return extensions.has(number);
}

function isOption(number: number): boolean {
  const { 'hop-by-hop': hopByHop, routing, destination } = extensionNumbers;
  return number === hopByHop || number === routing || number === destination;
}

/** `undefined`: not wholly there. */
function extensionSize(bytes: Uint8Array, at: number, number: number, end: number): number | undefined {
  if (at + 8 > end) return undefined;
  const units = getU8(bytes, at + 1);
  let size = 8 * (units + 1);
  if (number === extensionNumbers.fragment) size = 8;
  if (number === extensionNumbers.ah) size = 4 * (units + 2);
  return at + size > end ? undefined : size;
}

/** Routing types with a list of addresses: 0, 2 (RFC 6275) and 4 (RFC 8754, where the list begins with the last one). */
function lastSegment(bytes: Uint8Array, at: number, size: number): number | undefined {
  const type = getU8(bytes, at + ipv6RoutingLayout.fields.type.at);
  const left = getU8(bytes, at + ipv6RoutingLayout.fields.segmentsLeft.at);
  if (left === 0 || size < 24) return undefined;
  if (type === 4) return at + 8;
  if (type === 0 || type === 2) return at + size - 16;
  return undefined;
}
