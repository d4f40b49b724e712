import { getU8, getU16, getU32 } from '../bytes/big-endian.ts';
import type { Bytes } from '../types/views.ts';

export class BytesView implements Bytes {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #from: number;

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.#bytes = bytes;
    this.#from = from;
    this.length = to - from;
  }

  u8(at: number): number | undefined {
    return this.#has(at, 1) ? getU8(this.#bytes, this.#from + at) : undefined;
  }

  u16(at: number): number | undefined {
    return this.#has(at, 2) ? getU16(this.#bytes, this.#from + at) : undefined;
  }

  u32(at: number): number | undefined {
    return this.#has(at, 4) ? getU32(this.#bytes, this.#from + at) : undefined;
  }

  startsWith(ascii: string): boolean {
    if (ascii.length > this.length) return false;
    for (let index = 0; index < ascii.length; index++) {
      if (this.#bytes[this.#from + index] !== ascii.charCodeAt(index)) return false;
    }
    return true;
  }

  #has(at: number, size: number): boolean {
    return Number.isInteger(at) && at >= 0 && at + size <= this.length;
  }
}

/** `undefined`: empty. */
export function bytesBetween(bytes: Uint8Array, from: number, to: number): Bytes | undefined {
  return to > from ? new BytesView(bytes, from, to) : undefined;
}
