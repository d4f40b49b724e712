// Which transport headers can be read, and where their checksums are. The fast path must agree with every rule here:
//
// Nothing can be read of later fragments, behind extension headers that were not walked, or outside the datagram.
// The fixed part must be there: TCP 20, UDP 8, SCTP 12, ICMP and ICMPv6 8 bytes. In a quoted datagram 8 bytes are enough for
//   `ports()` and `flow()`, for no more need be quoted (RFC 792).
// TCP is a view only if its data offset is at least 5 words and the header of that length is there.
// UDP is a view only if its length is at least 8 and, unless the datagram is a fragment, not beyond the datagram.
// `ports()` and `flow()` need only the fixed part.
// ICMP is protocol 1 in IPv4 and ICMPv6 protocol 58 in IPv6; in the other family both are protocols like any other.
import { protocolNumbers } from '../address/protocol.ts';
import { icmpLayout, sctpLayout, tcpLayout, udpLayout } from '../layout/headers.ts';
import type { Datagram } from './datagram.ts';

const QUOTED_BYTES = 8;

export type TransportKind = 'tcp' | 'udp' | 'sctp' | 'icmp' | 'other';

export function transportKind({ version, protocol }: Pick<Datagram, 'version' | 'protocol'>): TransportKind {
  switch (protocol) {
    case protocolNumbers.tcp:
      return 'tcp';
    case protocolNumbers.udp:
      return 'udp';
    case protocolNumbers.sctp:
      return 'sctp';
    case protocolNumbers.icmp:
      return version === 4 ? 'icmp' : 'other';
    case protocolNumbers.icmp6:
      return version === 6 ? 'icmp' : 'other';
    default:
      return 'other';
  }
}

const fixedSize: Readonly<Record<TransportKind, number>> = {
  tcp: tcpLayout.size,
  udp: udpLayout.size,
  sctp: sctpLayout.size,
  icmp: icmpLayout.size,
  other: 0,
};

/** The fixed part of the transport header is there. */
export function hasTransport(datagram: Datagram): boolean {
  return hasBytes(datagram, fixedSize[transportKind(datagram)]);
}

/** As much of the transport header of a quoted datagram is there as must be. */
export function hasQuotedTransport(datagram: Datagram): boolean {
  return hasBytes(datagram, transportKind(datagram) === 'other' ? 0 : QUOTED_BYTES);
}

function hasBytes({ isFirstFragment, isUnfinished, transportAt, end }: Datagram, size: number): boolean {
  return isFirstFragment && !isUnfinished && transportAt + size <= end;
}

/** An Internet checksum in the transport header. */
export interface TransportChecksum {
  readonly at: number;
  /** RFC 768: a field of zero means that there is none. */
  readonly zeroMeansNone: boolean;
  readonly coversPseudoHeader: boolean;
}

/** `undefined`: none, or it cannot be read. */
export function transportChecksum(datagram: Datagram): TransportChecksum | undefined {
  if (!hasTransport(datagram)) return undefined;
  const { transportAt: at, version } = datagram;
  switch (transportKind(datagram)) {
    case 'tcp':
      return { at: at + tcpLayout.fields.checksum.at, zeroMeansNone: false, coversPseudoHeader: true };
    case 'udp':
      return { at: at + udpLayout.fields.checksum.at, zeroMeansNone: true, coversPseudoHeader: true };
    case 'icmp':
      return { at: at + icmpLayout.fields.checksum.at, zeroMeansNone: false, coversPseudoHeader: version === 6 };
    default:
      return undefined;
  }
}
