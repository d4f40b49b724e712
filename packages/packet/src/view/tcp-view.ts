import { getU8, getU16, getU32 } from '../bytes/big-endian.ts';
import type { Datagram } from '../dissect/datagram.ts';
import { tcpLayout } from '../layout/headers.ts';
import type { Bytes, TcpHeader } from '../types/views.ts';
import { BytesView, bytesBetween } from './bytes-view.ts';
import { type ChecksumField, writeWord } from './checksum-field.ts';
import { PortsView } from './ports-view.ts';

const { fields, size } = tcpLayout;
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;

export class TcpView extends PortsView implements TcpHeader {
  readonly #payloadAt: number;
  readonly #end: number;

  private constructor(
    bytes: Uint8Array,
    { transportAt, end }: Datagram,
    checksums: readonly ChecksumField[],
    headerLength: number,
  ) {
    super(bytes, transportAt, checksums);
    this.#payloadAt = transportAt + headerLength;
    this.#end = end;
  }

  /** The fixed part is there. `undefined`: its data offset contradicts that, or the options are cut off. */
  static at(bytes: Uint8Array, datagram: Datagram, checksums: readonly ChecksumField[]): TcpView | undefined {
    const headerLength = (getU8(bytes, datagram.transportAt + fields.dataOffset.at) >> 4) * 4;
    if (headerLength < size || datagram.transportAt + headerLength > datagram.end) return undefined;
    return new TcpView(bytes, datagram, checksums, headerLength);
  }

  get sequence(): number {
    return getU32(this.bytes, this.at + fields.sequence.at);
  }
  set sequence(value: number) {
    this.#write32(fields.sequence.at, value);
  }

  get acknowledgement(): number {
    return getU32(this.bytes, this.at + fields.acknowledgement.at);
  }
  set acknowledgement(value: number) {
    this.#write32(fields.acknowledgement.at, value);
  }

  get window(): number {
    return getU16(this.bytes, this.at + fields.window.at);
  }
  set window(value: number) {
    writeWord(this.bytes, this.at + fields.window.at, value, this.checksums);
  }

  get fin(): boolean {
    return this.#flag(0x01);
  }
  get syn(): boolean {
    return this.#flag(0x02);
  }
  get rst(): boolean {
    return this.#flag(0x04);
  }
  get psh(): boolean {
    return this.#flag(0x08);
  }
  get ack(): boolean {
    return this.#flag(0x10);
  }
  get urg(): boolean {
    return this.#flag(0x20);
  }

  /** The first one of its kind. Reading stops at the end mark and at a length that is too small or leaves the header. */
  option(number: number): Bytes | undefined {
    for (let at = this.at + size; at < this.#payloadAt; ) {
      const kind = getU8(this.bytes, at);
      if (kind === END_OF_OPTIONS) return undefined;
      if (kind === NO_OPERATION) {
        at += 1;
        continue;
      }
      const length = at + 1 < this.#payloadAt ? getU8(this.bytes, at + 1) : 0;
      if (length < 2 || at + length > this.#payloadAt) return undefined;
      if (kind === number) return new BytesView(this.bytes, at + 2, at + length);
      at += length;
    }
    return undefined;
  }

  payload(): Bytes | undefined {
    return bytesBetween(this.bytes, this.#payloadAt, this.#end);
  }

  #flag(mask: number): boolean {
    return (getU8(this.bytes, this.at + fields.cwr.at) & mask) !== 0;
  }

  #write32(offset: number, value: number): void {
    writeWord(this.bytes, this.at + offset, (value >>> 16) & 0xffff, this.checksums);
    writeWord(this.bytes, this.at + offset + 2, value & 0xffff, this.checksums);
  }
}
