/** Numbers in network order from bytes of a stranger: what is not there is `undefined`, and so is all behind it. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Of 1 to 6 bytes. */
  number(size: number): number | undefined {
    const bytes = this.bytes(size);
    return bytes?.reduce((value, byte) => value * 256 + byte, 0);
  }
  bytes(length: number | undefined): Uint8Array | undefined {
    if (length === undefined || length > this.left) {
      this.#at = this.#bytes.length;
      return undefined;
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  /** Behind a length of `size` bytes. */
  vector(size: number): Uint8Array | undefined {
    return this.bytes(this.number(size));
  }
}

export const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 4096));
export const startsWith = (bytes: Uint8Array, text: string): boolean =>
  bytes.length >= text.length && ascii(bytes.subarray(0, text.length)) === text;
/** It is that text, or could still become it. */
export const mayStartWith = (bytes: Uint8Array, text: string): boolean =>
  text.startsWith(ascii(bytes.subarray(0, text.length)));
