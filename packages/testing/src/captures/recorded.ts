import { readFileSync } from 'node:fs';
import { type CapturedPacket, CaptureError, ETHERNET, readCapture } from '@twinpath/packet/pcap';

export interface Recorded {
  readonly frame: Uint8Array;
  /** Nanoseconds. */
  readonly at: number;
}

/** https://www.tcpdump.org/linktypes.html: bytes in front of the IP header. */
const BEFORE_IP: Readonly<Record<number, number>> = {
  /** NULL, RAW, LINUX_SLL, IPV4. */
  0: 4,
  101: 0,
  113: 16,
  228: 0,
};
const MACS = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

/** What is in a capture file, as Ethernet frames; of a damaged one what is before the damage. */
export function* recorded(file: string): Generator<Recorded> {
  let at = 0;
  for (const packet of packetsOf(readFileSync(file))) {
    at = Math.max(at, Number(packet.time ?? 0n));
    const frame = asEthernet(packet);
    if (frame) yield { frame, at };
  }
}

function* packetsOf(bytes: Uint8Array): Generator<CapturedPacket> {
  try {
    yield* readCapture(bytes);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
  }
}

function asEthernet({ bytes, linkType }: CapturedPacket): Uint8Array | undefined {
  if (linkType === ETHERNET) return bytes;
  const skip = BEFORE_IP[linkType];
  if (skip === undefined || bytes.length <= skip) return undefined;
  const type = (bytes[skip] ?? 0) >> 4 === 6 ? [0x86, 0xdd] : [0x08, 0x00];
  return Buffer.concat([Buffer.from([...MACS, ...type]), bytes.subarray(skip)]);
}
