import { getU16, setU16 } from '../bytes/big-endian.ts';
import type { Datagram } from '../dissect/datagram.ts';
import { locateFrameDatagram } from '../dissect/frame.ts';
import { type TransportChecksum, transportChecksum, transportKind } from '../dissect/transport.ts';
import { ipv4Layout, ipv6Layout, udpLayout } from '../layout/headers.ts';
import { checksumOf, sumOf, udpChecksum } from './internet-checksum.ts';
import { pseudoHeaderSum } from './pseudo-header.ts';

export interface ChecksumReport {
  readonly of: 'ipv4' | 'tcp' | 'udp' | 'icmp' | 'icmp6';
  /** Where the field lies in the frame. */
  readonly at: number;
  readonly found: number;
  readonly expected: number;
  readonly isRight: boolean;
}

/** Every Internet checksum of a frame that can be checked: of the IPv4 header, and of TCP, UDP, ICMP and ICMPv6. Not checked:
 *  fragments (the rest is missing), datagrams not wholly there, UDP without a checksum in IPv4, quoted and tunnelled headers. */
export function verifyChecksums(frame: Uint8Array): readonly ChecksumReport[] {
  const datagram = locateFrameDatagram(frame, frame.length);
  if (!datagram) return [];
  return [headerReport(frame, datagram), transportReport(frame, datagram)].filter((report) => report !== undefined);
}

/** Finishes the checksum that Linux left to the hardware. A packet from a local sender (veth, tcx) can carry CHECKSUM_PARTIAL:
 *  the field holds only the folded pseudo-header sum, not complemented. Where the checksum is wrong and the field is just that,
 *  it is computed in place; everything else is left alone. `true`: it was finished. */
export function completePartialChecksum(frame: Uint8Array): boolean {
  const datagram = locateFrameDatagram(frame, frame.length);
  // First what costs little: most packets are as they should be, and the rest is as long as the packet.
  if (!datagram || !holdsPseudoSum(frame, datagram)) return false;
  const report = transportReport(frame, datagram);
  if (!report || report.isRight) return false;
  setU16(frame, report.at, report.expected);
  return true;
}

function holdsPseudoSum(frame: Uint8Array, datagram: Datagram): boolean {
  const kind = transportKind(datagram);
  const checksum = kind === 'tcp' || kind === 'udp' ? transportChecksum(datagram) : undefined;
  return checksum !== undefined && getU16(frame, checksum.at) % 0xffff === pseudoSum(frame, datagram) % 0xffff;
}

function headerReport(frame: Uint8Array, { version, at, transportAt }: Datagram): ChecksumReport | undefined {
  if (version === 6) return undefined;
  const field = at + ipv4Layout.fields.checksum.at;
  const found = getU16(frame, field);
  return report('ipv4', field, found, checksumOf(sumOf(frame, at, transportAt) + (~found & 0xffff)));
}

function transportReport(frame: Uint8Array, datagram: Datagram): ChecksumReport | undefined {
  const checksum = transportChecksum(datagram);
  const coveredBytes = coveredEnd(frame, datagram);
  if (!checksum || datagram.isFragment || coveredBytes > datagram.end || coveredBytes <= checksum.at) return undefined;
  const found = getU16(frame, checksum.at);
  if (checksum.zeroMeansNone && found === 0 && datagram.version === 4) return undefined;
  return report(nameOf(datagram), checksum.at, found, expectedTransport(frame, datagram, checksum));
}

function expectedTransport(
  frame: Uint8Array,
  datagram: Datagram,
  { at, zeroMeansNone, coversPseudoHeader }: TransportChecksum,
): number {
  const pseudo = coversPseudoHeader ? pseudoSum(frame, datagram) : 0;
  const covered = sumOf(frame, datagram.transportAt, coveredEnd(frame, datagram));
  const expected = checksumOf(pseudo + covered + (~getU16(frame, at) & 0xffff));
  return zeroMeansNone ? udpChecksum(expected) : expected;
}

function report(of: ChecksumReport['of'], at: number, found: number, expected: number): ChecksumReport {
  // All ones and zero are the same number in one's complement.
  return { of, at, found, expected, isRight: found % 0xffff === expected % 0xffff && !(of === 'udp' && found === 0) };
}

function nameOf(datagram: Datagram): ChecksumReport['of'] {
  const kind = transportKind(datagram);
  if (kind === 'tcp' || kind === 'udp') return kind;
  return datagram.version === 4 ? 'icmp' : 'icmp6';
}

/** UDP covers its own length, the others the rest of the datagram. */
function coveredEnd(frame: Uint8Array, datagram: Datagram): number {
  const { transportAt, at, length } = datagram;
  if (transportKind(datagram) === 'udp') return transportAt + getU16(frame, transportAt + udpLayout.fields.length.at);
  return at + length;
}

/** Folded, not complemented. */
export function pseudoSum(frame: Uint8Array, datagram: Datagram): number {
  const { version, at, transportAt, protocol, finalDstAt } = datagram;
  const { fields } = version === 4 ? ipv4Layout : ipv6Layout;
  const size = fields.src.bits / 8;
  const srcAt = at + fields.src.at;
  return pseudoHeaderSum({
    src: frame.subarray(srcAt, srcAt + size),
    dst: frame.subarray(finalDstAt, finalDstAt + size),
    protocol,
    length: coveredEnd(frame, datagram) - transportAt,
  });
}
