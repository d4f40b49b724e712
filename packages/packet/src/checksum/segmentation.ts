import { getU8, setU16 } from '../bytes/big-endian.ts';
import { locateFrameDatagram } from '../dissect/frame.ts';
import { transportChecksum, transportKind } from '../dissect/transport.ts';
import { tcpLayout, udpLayout } from '../layout/headers.ts';
import { pseudoSum } from './verify.ts';

/** Where the parts of a frame lie that is to be cut into several. Bytes from the frame's start. */
export interface Segmentation {
  readonly transport: 'tcp' | 'udp';
  readonly version: 4 | 6;
  /** What the transport's checksum covers begins here. */
  readonly checksumStart: number;
  /** Where its field lies, behind `checksumStart`. */
  readonly checksumOffset: number;
  /** All headers. */
  readonly headers: number;
}

/**
 * Brings a frame that is to be cut into the form in which Linux cuts it: the checksum field holds the sum of the pseudo header.
 * `undefined`: it is neither TCP nor UDP, or a fragment.
 */
export function prepareSegmentation(frame: Uint8Array): Segmentation | undefined {
  const datagram = locateFrameDatagram(frame, frame.length);
  const checksum = datagram && transportChecksum(datagram);
  if (!datagram || !checksum || datagram.isFragment) return undefined;
  const transport = transportKind(datagram);
  if (transport !== 'tcp' && transport !== 'udp') return undefined;
  const { transportAt, version } = datagram;
  setU16(frame, checksum.at, pseudoSum(frame, datagram));
  const size =
    transport === 'udp' ? udpLayout.size : (getU8(frame, transportAt + tcpLayout.fields.dataOffset.at) >> 4) * 4;
  return {
    transport,
    version,
    checksumStart: transportAt,
    checksumOffset: checksum.at - transportAt,
    headers: transportAt + size,
  };
}
