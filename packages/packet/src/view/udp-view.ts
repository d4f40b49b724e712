import { getU16 } from '../bytes/big-endian.ts';
import type { Datagram } from '../dissect/datagram.ts';
import { udpLayout } from '../layout/headers.ts';
import type { Bytes, UdpHeader } from '../types/views.ts';
import { bytesBetween } from './bytes-view.ts';
import type { ChecksumField } from './checksum-field.ts';
import { PortsView } from './ports-view.ts';

const { fields, size } = udpLayout;

export class UdpView extends PortsView implements UdpHeader {
  readonly #end: number;

  private constructor(bytes: Uint8Array, { transportAt, end }: Datagram, checksums: readonly ChecksumField[]) {
    super(bytes, transportAt, checksums);
    this.#end = end;
  }

  /** The fixed part is there. `undefined`: its length contradicts that, or the datagram (unless that is a fragment). */
  static at(bytes: Uint8Array, datagram: Datagram, checksums: readonly ChecksumField[]): UdpView | undefined {
    const { transportAt, at, isFragment } = datagram;
    const length = getU16(bytes, transportAt + fields.length.at);
    if (length < size || (!isFragment && transportAt + length > at + datagram.length)) return undefined;
    return new UdpView(bytes, datagram, checksums);
  }

  get length(): number {
    return getU16(this.bytes, this.at + fields.length.at);
  }

  payload(): Bytes | undefined {
    return bytesBetween(this.bytes, this.at + size, Math.min(this.#end, this.at + this.length));
  }
}
