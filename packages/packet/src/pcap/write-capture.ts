import { concat, joined } from '../bytes/concat.ts';
import { ETHERNET, type PacketToCapture } from './capture.ts';
import { NANOSECONDS } from './read-pcap.ts';
import { BYTE_ORDER_MAGIC, ENHANCED_PACKET, INTERFACE, SECTION } from './read-pcapng.ts';

// Both are written little-endian, with times in nanoseconds.

const BILLION = 1_000_000_000n;
const SNAP = 262_144;
/** 2.4 and 1.0: two fields of 16 bits, the major one in the lower half. */
const PCAP_VERSION = 0x0004_0002;
const PCAPNG_VERSION = 0x0000_0001;
const UNKNOWN_LENGTH = 0xffff_ffff;

export function writePcap(packets: Iterable<PacketToCapture>, linkType = ETHERNET): Uint8Array {
  const parts = [words(NANOSECONDS, PCAP_VERSION, 0, 0, SNAP, linkType)];
  for (const { bytes, length = bytes.length, time = 0n } of packets) {
    parts.push(words(Number(time / BILLION), Number(time % BILLION), bytes.length, length), bytes);
  }
  return joined(parts);
}

export interface CaptureInterface {
  readonly name?: string;
  /** Default: Ethernet. */
  readonly linkType?: number;
}

/** @throws RangeError a packet of an interface that is not in the list. */
export function writePcapng(
  packets: Iterable<PacketToCapture>,
  interfaces: readonly CaptureInterface[] = [{}],
): Uint8Array {
  const parts = [block(SECTION, words(BYTE_ORDER_MAGIC, PCAPNG_VERSION, UNKNOWN_LENGTH, UNKNOWN_LENGTH))];
  for (const { name, linkType = ETHERNET } of interfaces) {
    const named = name === undefined ? new Uint8Array() : option(2, new TextEncoder().encode(name));
    const resolution = option(9, Uint8Array.of(9)); // 10⁻⁹ s
    parts.push(block(INTERFACE, concat(words(linkType, SNAP), named, resolution, words(0))));
  }
  for (const { bytes, length = bytes.length, time = 0n, interface: number = 0 } of packets) {
    if (number >= interfaces.length)
      throw new RangeError(`interface ${number} is not among the ${interfaces.length} given`);
    const head = words(number, Number(time >> 32n), Number(time & 0xffff_ffffn), bytes.length, length);
    parts.push(block(ENHANCED_PACKET, concat(head, filled(bytes))));
  }
  return joined(parts);
}

function block(type: number, body: Uint8Array): Uint8Array {
  const length = 12 + body.length;
  return concat(words(type, length), body, words(length));
}

function option(code: number, value: Uint8Array): Uint8Array {
  return concat(words(code + value.length * 0x1_0000), filled(value));
}

function filled(bytes: Uint8Array): Uint8Array {
  return concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(4 * index, value, true);
  return bytes;
}
