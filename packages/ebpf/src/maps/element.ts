import { BpfCommand, bpf, check, Errno, type Fd, NativeBuffer } from '@twinpath/linux';
import { context } from '../object.ts';

/** Whether an update may make the entry, must make it, or must find it. */
export type UpdateFlag = 'any' | 'no-exist' | 'exist';

export const updateFlags: Readonly<Record<UpdateFlag, number>> = { any: 0, 'no-exist': 1, exist: 2 };

/**
 * Single-entry operations on one map. Attribute, key and value live as long as the map: making them for each call would
 * cost three times as much as the system call.
 */
export class ElementAccess {
  readonly #subject: string;
  readonly #key: NativeBuffer;
  readonly #value: NativeBuffer;
  readonly #attr: NativeBuffer;
  /** The kernel refuses a deletion whose attribute names a value. */
  readonly #deletion: NativeBuffer;

  /** `valueSize` is what crosses the kernel's door: all CPUs' values for a per-CPU map. */
  constructor(fd: Fd, keySize: number, valueSize: number, subject: string) {
    this.#subject = subject;
    this.#key = new NativeBuffer(keySize);
    this.#value = new NativeBuffer(valueSize);
    this.#attr = new NativeBuffer(32).setU32(0, fd.number).setPointer(8, this.#key).setPointer(16, this.#value);
    this.#deletion = new NativeBuffer(16).setU32(0, fd.number).setPointer(8, this.#key);
  }

  /** Copies the value to `into`; false when the key is not there. */
  lookup(key: Uint8Array, into: Uint8Array): boolean {
    this.#setKey(key);
    this.#attr.setU32(24, 0);
    const result = bpf(BpfCommand.MAP_LOOKUP_ELEM, this.#attr);
    if (result === -Errno.ENOENT) return false;
    if (result < 0) check('bpf(MAP_LOOKUP_ELEM)', result, context(result, this.#subject));
    into.set(this.#value.bytes);
    return true;
  }

  /** Removes the entry and copies what it held to `into`, in one step; false when the key is not there. */
  take(key: Uint8Array, into: Uint8Array): boolean {
    this.#setKey(key);
    this.#attr.setU32(24, 0);
    const result = bpf(BpfCommand.MAP_LOOKUP_AND_DELETE_ELEM, this.#attr);
    if (result === -Errno.ENOENT) return false;
    if (result < 0) check('bpf(MAP_LOOKUP_AND_DELETE_ELEM)', result, context(result, this.#subject));
    into.set(this.#value.bytes);
    return true;
  }

  update(key: Uint8Array, value: Uint8Array, flag: UpdateFlag): void {
    this.#setKey(key);
    if (value.length !== this.#value.size) {
      throw new RangeError(`${this.#subject}: a value has ${this.#value.size} bytes, not ${value.length}`);
    }
    this.#value.bytes.set(value);
    this.#attr.setU32(24, updateFlags[flag]);
    const result = bpf(BpfCommand.MAP_UPDATE_ELEM, this.#attr);
    if (result < 0) check('bpf(MAP_UPDATE_ELEM)', result, this.#updateContext(result));
  }

  delete(key: Uint8Array): boolean {
    this.#setKey(key);
    const result = bpf(BpfCommand.MAP_DELETE_ELEM, this.#deletion);
    if (result === -Errno.ENOENT) return false;
    check('bpf(MAP_DELETE_ELEM)', result, context(result, this.#subject));
    return true;
  }

  /** The key after `key`, or the first one; undefined at the end. Starts over when `key` is gone. */
  nextKey(key: Uint8Array | undefined): Uint8Array | undefined {
    if (key !== undefined) this.#setKey(key);
    this.#attr.setPointer(8, key === undefined ? undefined : this.#key).setU32(24, 0);
    // The next key is written where the value would be, which may be too small for it.
    const next = new NativeBuffer(this.#key.size);
    this.#attr.setPointer(16, next);
    const result = bpf(BpfCommand.MAP_GET_NEXT_KEY, this.#attr);
    this.#attr.setPointer(8, this.#key).setPointer(16, this.#value);
    if (result === -Errno.ENOENT) return undefined;
    check('bpf(MAP_GET_NEXT_KEY)', result, context(result, this.#subject));
    return next.bytes;
  }

  #setKey(key: Uint8Array): void {
    if (key.length !== this.#key.size) {
      throw new RangeError(`${this.#subject}: a key has ${this.#key.size} bytes, not ${key.length}`);
    }
    this.#key.bytes.set(key);
  }

  #updateContext(result: number) {
    if (result === -Errno.E2BIG)
      return { subject: this.#subject, hint: 'the map is full, or the index beyond its end' };
    return context(result, this.#subject);
  }
}
