import { readMac } from '../address/mac.ts';
import { defaultMacs } from '../build/ethernet-layer.ts';
import { MIN_FRAME } from '../build/frame.ts';
import { sameBytes } from '../bytes/concat.ts';
import { toHex } from '../bytes/hex.ts';
import { locateFrameDatagram } from '../dissect/frame.ts';
import { type Link, locateLink } from '../dissect/link.ts';
import { arpLayout, ethernetLayout } from '../layout/headers.ts';
import { describeDatagram } from './describe-ip.ts';
import { describeArp, describeLink } from './describe-link.ts';
import { describePayload } from './describe-payload.ts';
import type { Detail } from './detail.ts';
import { packetFromText } from './packet-from-text.ts';

/** The text form of a frame: `packetFromText(textOf(bytes))` are the same bytes, whatever they are. What there are no words for
 *  is written as bytes; checksums are written only where one is not right. */
export function textOf(bytes: Uint8Array): string {
  const link = locateLink(bytes);
  const text = link && candidates(bytes, link).find((candidate) => sameBytes(packetFromText(candidate), bytes));
  if (text !== undefined) return text;
  return bytes.length === 0 ? 'zeros 0' : `hex ${toHex(bytes)}`;
}

const details: readonly (Detail | undefined)[] = [
  { hasTransport: true, hasChecksums: false },
  { hasTransport: true, hasChecksums: true },
  { hasTransport: false, hasChecksums: false },
  { hasTransport: false, hasChecksums: true },
  undefined,
];

/** From the most readable to the most literal. */
function* candidates(bytes: Uint8Array, link: Link): Generator<string, void> {
  const mayHaveDefaultMacs = readMac(bytes, ethernetLayout.fields.src.at) === defaultMacs.src;
  for (const detail of details) {
    const { layers, isAnnounced, end } = describeNetwork(bytes, link, detail);
    const behind = [...layers, ...describeEnd(bytes, end)];
    if (mayHaveDefaultMacs) yield [...describeLink(bytes, link, false, isAnnounced), ...behind].join(' / ');
    yield [...describeLink(bytes, link, true, isAnnounced), ...behind].join(' / ');
  }
}

interface Network {
  readonly layers: readonly string[];
  /** The first layer says its Ethernet type. */
  readonly isAnnounced: boolean;
  readonly end: number;
}

/** No detail: bytes. */
function describeNetwork(bytes: Uint8Array, link: Link, detail: Detail | undefined): Network {
  const datagram = detail && locateFrameDatagram(bytes, bytes.length);
  if (datagram) return { layers: describeDatagram(bytes, datagram, detail), isAnnounced: true, end: datagram.end };
  const arp = detail && describeArp(bytes, link);
  if (arp !== undefined) return { layers: [arp], isAnnounced: true, end: link.end + arpLayout.size };
  return { layers: describePayload(bytes.subarray(link.end)), isAnnounced: false, end: bytes.length };
}

/** What differs from padding with zeros to the shortest frame. */
function describeEnd(bytes: Uint8Array, end: number): readonly string[] {
  const rest = bytes.subarray(end);
  if (bytes.length === Math.max(end, MIN_FRAME) && rest.every((byte) => byte === 0)) return [];
  const trailer = rest.length > 0 ? [`trailer hex ${toHex(rest)}`] : [];
  return bytes.length < MIN_FRAME ? [...trailer, 'unpadded'] : trailer;
}
