import { getU16, getU32, setU16, setU32 } from '../bytes/big-endian.ts';
import { updatedCrc32c } from '../checksum/crc32c.ts';
import { sctpLayout } from '../layout/headers.ts';
import type { Ports } from '../types/views.ts';
import { type ChecksumField, writeWord, writeWords } from './checksum-field.ts';

/** The first four bytes of TCP, UDP and SCTP. */
export class PortsView implements Ports {
  protected readonly bytes: Uint8Array;
  protected readonly at: number;
  protected readonly checksums: readonly ChecksumField[];
  readonly #sctpEnd: number | undefined;

  /** `sctpEnd`: where an SCTP packet ends whose CRC is to be kept right. That of a fragment cannot be: it covers bytes that are
   *  elsewhere. */
  constructor(bytes: Uint8Array, at: number, checksums: readonly ChecksumField[], sctpEnd?: number) {
    this.bytes = bytes;
    this.at = at;
    this.checksums = checksums;
    this.#sctpEnd = sctpEnd;
  }

  get sport(): number {
    return getU16(this.bytes, this.at);
  }
  set sport(port: number) {
    this.#write(this.at, port);
  }

  get dport(): number {
    return getU16(this.bytes, this.at + 2);
  }
  set dport(port: number) {
    this.#write(this.at + 2, port);
  }

  #write(at: number, port: number): void {
    const before = getU16(this.bytes, at);
    writeWord(this.bytes, at, port, this.checksums);
    if (this.#sctpEnd !== undefined) this.#updateSctp(before ^ getU16(this.bytes, at), this.#sctpEnd - at - 2);
  }

  /** The CRC32c stands in the packet least significant byte first and covers itself as zero. */
  #updateSctp(change: number, behind: number): void {
    const field = this.at + sctpLayout.fields.checksum.at;
    const delta = new Uint8Array(2);
    setU16(delta, 0, change);
    const words = new Uint8Array(4);
    setU32(words, 0, swap(updatedCrc32c(swap(getU32(this.bytes, field)), delta, behind)));
    writeWords(this.bytes, field, words, this.checksums);
  }
}

function swap(value: number): number {
  return ((value >>> 24) | ((value >>> 8) & 0xff00) | ((value << 8) & 0xff_0000) | (value << 24)) >>> 0;
}
