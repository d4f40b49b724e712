import { addressOf } from './ffi.ts';

/**
 * Memory whose address may stand inside a structure given to the kernel (bpf_attr, msghdr, ifreq).
 * Taking an address does not keep a buffer alive, so a structure refers to other memory only through `setPointer`,
 * which keeps the target as long as the structure. Structures are little-endian: x64 and arm64 are.
 */
export class NativeBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly address: number;
  readonly #targets = new Map<number, NativeBuffer>();

  /** Zero-filled memory of `size` bytes, or the given bytes themselves, not copied. */
  constructor(memory: number | Uint8Array) {
    // Never empty: an empty buffer has no address that the kernel would accept.
    this.bytes = typeof memory === 'number' ? new Uint8Array(new ArrayBuffer(Math.max(memory, 8)), 0, memory) : memory;
    this.address = addressOf(this.bytes);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  get size(): number {
    return this.bytes.byteLength;
  }

  setU16(offset: number, value: number): this {
    this.view.setUint16(offset, value, true);
    return this;
  }

  setU32(offset: number, value: number): this {
    this.view.setUint32(offset, value, true);
    return this;
  }

  setU64(offset: number, value: number | bigint): this {
    this.view.setBigUint64(offset, BigInt(value), true);
    return this;
  }

  /** A NUL-padded string that leaves room for the last NUL. */
  setString(offset: number, text: string, room: number): this {
    const encoded = new TextEncoder().encode(text);
    if (encoded.length >= room) throw new RangeError(`"${text}" is longer than ${room - 1} bytes`);
    this.bytes.fill(0, offset, offset + room);
    this.bytes.set(encoded, offset);
    return this;
  }

  /** A 64-bit pointer to `target`, which lives at least as long as this buffer or until replaced. */
  setPointer(offset: number, target: NativeBuffer | undefined): this {
    if (target === undefined) this.#targets.delete(offset);
    else this.#targets.set(offset, target);
    return this.setU64(offset, target?.address ?? 0);
  }

  getU32(offset: number): number {
    return this.view.getUint32(offset, true);
  }

  getU64(offset: number): bigint {
    return this.view.getBigUint64(offset, true);
  }
}

const held: { value?: unknown } = {};

/**
 * Call after a system call that was given only an address. V8 may free a local after its last use, even while the
 * function that declared it still runs; a store to a module's object is a use that it cannot remove.
 */
export function keepAlive(value: unknown): void {
  held.value = value;
}
