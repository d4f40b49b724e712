// The Internet checksum. All sums are of 16-bit words in network order.
import { getU16 } from '../bytes/big-endian.ts';

/** Adds carries until 16 bits are left. Zero comes out only of zero. */
export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x1_0000) + Math.floor(folded / 0x1_0000);
  return folded;
}

/** The sum of the words in `bytes[from, to)`, folded; an odd last byte is padded with zero (RFC 1071 section 4.1).
 *  `from` must lie an even number of bytes behind the beginning of what is summed. */
export function sumOf(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let sum = 0;
  for (let at = from; at < to - 1; at += 2) sum += getU16(bytes, at);
  if ((to - from) % 2 === 1) sum += (bytes[to - 1] ?? 0) << 8;
  return fold(sum);
}

/** The checksum field for words of this sum, the field itself counted as zero. */
export function checksumOf(sum: number): number {
  return ~fold(sum) & 0xffff;
}

/** The checksum after one covered word changed: RFC 1624 section 3, equation 3. Several updates may be done in any order, or
 *  at once; the field is the same. */
export function updatedChecksum(checksum: number, from: number, to: number): number {
  return checksumOf((~checksum & 0xffff) + (~from & 0xffff) + to);
}

/** RFC 768: a computed zero is sent as all ones, because zero means that there is none. */
export function udpChecksum(checksum: number): number {
  return checksum === 0 ? 0xffff : checksum;
}
