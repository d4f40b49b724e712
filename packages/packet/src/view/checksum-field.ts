// Writes that keep checksums right. A write is the sum of its 16-bit words: RFC 1624 equation 3 for each word of the written
// field, also where it did not change. Several writes give the same field as one merged update.

import { getU16, setU16 } from '../bytes/big-endian.ts';
import { udpChecksum, updatedChecksum } from '../checksum/internet-checksum.ts';

export interface ChecksumField {
  readonly at: number;
  /** UDP: zero means that there is none and stays; a computed zero is written as all ones. */
  readonly zeroMeansNone: boolean;
  /** Checksums that cover this field in turn: of the ICMP error that quotes an IPv4 header, of the tunnels around. */
  readonly coveredBy?: readonly ChecksumField[] | undefined;
  /** A tunnel's: what is written lies an odd number of bytes behind its beginning. */
  readonly isOdd?: boolean | undefined;
}

/** Puts a 16-bit word at `at`, which lies an even number of bytes behind the beginning of what the checksums cover. */
export function writeWord(bytes: Uint8Array, at: number, word: number, checksums: readonly ChecksumField[]): void {
  const before = getU16(bytes, at);
  setU16(bytes, at, word);
  const after = getU16(bytes, at);
  for (const checksum of checksums) update(bytes, checksum, before, after);
}

/** As `writeWord`, for a field of several words. */
export function writeWords(
  bytes: Uint8Array,
  at: number,
  words: Uint8Array,
  checksums: readonly ChecksumField[],
): void {
  for (let offset = 0; offset < words.length; offset += 2) {
    writeWord(bytes, at + offset, getU16(words, offset), checksums);
  }
}

function update(bytes: Uint8Array, field: ChecksumField, from: number, to: number): void {
  const { at, zeroMeansNone, coveredBy = [], isOdd } = field;
  const before = getU16(bytes, at);
  if (zeroMeansNone && before === 0) return;
  // RFC 1071 section 2 (B): the sum of swapped words is the swapped sum.
  const updated = isOdd ? swap(updatedChecksum(swap(before), from, to)) : updatedChecksum(before, from, to);
  const after = zeroMeansNone ? udpChecksum(updated) : updated;
  setU16(bytes, at, after);
  for (const covering of coveredBy) update(bytes, covering, before, after);
}

const swap = (word: number): number => ((word & 255) << 8) | (word >> 8);
