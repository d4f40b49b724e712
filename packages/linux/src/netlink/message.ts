// Netlink framing (RFC 3549 section 2.2): little-endian on our machines, everything aligned to 4 bytes.

/** struct nlmsghdr: u32 length, u16 type, u16 flags, u32 sequence, u32 port. */
export const headerSize = 16;

/** The messages of one datagram, headers included. */
export function* messages(bytes: Uint8Array): Generator<NetlinkReader> {
  for (let rest = bytes; rest.length >= headerSize; ) {
    const length = new NetlinkReader(rest).u32(0);
    if (length < headerSize || length > rest.length) return;
    yield new NetlinkReader(rest.subarray(0, length));
    rest = rest.subarray((length + 3) & ~3);
  }
}

/** Grows as it is written; attributes nest by callback. */
export class NetlinkWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written so far; valid until the next write. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): this {
    this.#view.setUint8(this.#take(1), value);
    return this;
  }

  u16(value: number): this {
    this.#view.setUint16(this.#take(2), value, true);
    return this;
  }

  u32(value: number): this {
    this.#view.setUint32(this.#take(4), value, true);
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** NUL-terminated. */
  string(text: string): this {
    return this.raw(new TextEncoder().encode(`${text}\0`));
  }

  /** One attribute with what `body` writes in it, padded to 4 bytes. */
  attribute(type: number, body: (writer: this) => unknown): this {
    const start = this.#take(4);
    body(this);
    this.#view.setUint16(start, this.#length - start, true);
    this.#view.setUint16(start + 2, type, true);
    this.#take(-this.#length & 3);
    return this;
  }

  /** Sets the 32 bits at `offset`, which were written before. */
  patchU32(offset: number, value: number): this {
    this.#view.setUint32(offset, value, true);
    return this;
  }

  #take(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(this.#length * 2);
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Bytes of a message or attribute, read in the machine's byte order. */
export class NetlinkReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(offset = 0): number {
    return this.#view.getUint8(offset);
  }

  u16(offset = 0): number {
    return this.#view.getUint16(offset, true);
  }

  u32(offset = 0): number {
    return this.#view.getUint32(offset, true);
  }

  i32(offset = 0): number {
    return this.#view.getInt32(offset, true);
  }

  u64(offset = 0): bigint {
    return this.#view.getBigUint64(offset, true);
  }

  /** The text up to the NUL. */
  string(): string {
    const end = this.bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? this.bytes : this.bytes.subarray(0, end));
  }

  /** The bytes from `start` to `end`, not copied. */
  sub(start: number, end: number): NetlinkReader {
    return new NetlinkReader(this.bytes.subarray(start, end));
  }

  /** The attributes from `offset` on, by type. */
  attributes(offset = 0): Map<number, NetlinkReader> {
    const found = new Map<number, NetlinkReader>();
    for (let at = offset; at + 4 <= this.bytes.length; ) {
      const length = this.u16(at);
      if (length < 4 || at + length > this.bytes.length) break;
      // The two top bits are flags: NLA_F_NESTED and NLA_F_NET_BYTEORDER.
      found.set(this.u16(at + 2) & 0x3fff, new NetlinkReader(this.bytes.subarray(at + 4, at + length)));
      at += (length + 3) & ~3;
    }
    return found;
  }
}
