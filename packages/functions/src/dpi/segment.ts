import { type FiveTuple, ipView, locateFrameDatagram } from '@twinpath/packet';

/** A packet as classifiers need it. */
export interface Segment {
  /** From the IP header on, with whatever is behind the datagram: what nDPI gets. */
  readonly ip: Uint8Array;
  readonly flow: FiveTuple;
  readonly payload: Uint8Array;
  readonly tcp: SegmentFlags | undefined;
}
interface SegmentFlags {
  readonly sequence: number;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
}

const UDP_HEADER = 8;

/** `undefined`: there is no flow in it. Never throws, whatever the bytes are. */
export function segmentOf(frame: Uint8Array): Segment | undefined {
  const datagram = locateFrameDatagram(frame, frame.length);
  const ip = datagram && ipView(frame, datagram);
  const flow = ip?.flow();
  if (!datagram || !ip || !flow) return undefined;
  const { at, transportAt, end } = datagram;
  const tcp = ip.tcp();
  const header = tcp ? ((frame[transportAt + 12] ?? 0) >> 4) * 4 : ip.udp() ? UDP_HEADER : end - transportAt;
  const payload = frame.subarray(Math.min(transportAt + header, end), end);
  const flags = tcp && { sequence: tcp.sequence, syn: tcp.syn, ack: tcp.ack, fin: tcp.fin, rst: tcp.rst };
  return { ip: frame.subarray(at), flow, payload, tcp: flags };
}
