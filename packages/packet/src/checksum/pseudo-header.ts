import { fold, sumOf } from './internet-checksum.ts';

/** What TCP, UDP and ICMPv6 cover of the IP header: addresses of 4 or 16 bytes, the transport's length and number. The sums of
 *  RFC 9293 section 3.1 (IPv4) and RFC 8200 section 8.1 (IPv6) are the same, for the fields differ only in their zeros. */
export interface PseudoHeader {
  readonly src: Uint8Array;
  /** The final one, where an IPv6 routing header still has segments left. */
  readonly dst: Uint8Array;
  readonly protocol: number;
  readonly length: number;
}

/** Folded, not complemented: what Linux leaves in the field of a packet with CHECKSUM_PARTIAL. */
export function pseudoHeaderSum({ src, dst, protocol, length }: PseudoHeader): number {
  return fold(sumOf(src) + sumOf(dst) + protocol + Math.floor(length / 0x1_0000) + (length % 0x1_0000));
}
