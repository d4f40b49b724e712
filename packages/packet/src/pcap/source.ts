import { CaptureError } from './capture.ts';

/** The bytes of a capture file with their byte order. Reading beyond the end is an error that names the place. */
export class Source {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #isLittle: boolean;

  constructor(bytes: Uint8Array, isLittle: boolean) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#isLittle = isLittle;
  }

  get length(): number {
    return this.bytes.length;
  }

  u16(at: number, what: string): number {
    this.need(at, 2, what);
    return this.#view.getUint16(at, this.#isLittle);
  }

  u32(at: number, what: string): number {
    this.need(at, 4, what);
    return this.#view.getUint32(at, this.#isLittle);
  }

  i64(at: number, what: string): bigint {
    this.need(at, 8, what);
    return this.#view.getBigInt64(at, this.#isLittle);
  }

  slice(at: number, length: number, what: string): Uint8Array {
    this.need(at, length, what);
    return this.bytes.subarray(at, at + length);
  }

  /** @throws CaptureError the file ends before. */
  need(at: number, length: number, what: string): void {
    if (at + length <= this.length) return;
    throw new CaptureError(
      `${what} needs ${length} bytes, the file has ${Math.max(0, this.length - at)} more`,
      at,
      'the file was cut short, or a length before this place is wrong',
    );
  }
}
