import { BpfCommand, bpf, check, type Fd, MappedMemory, NativeBuffer, pageSize } from '@twinpath/linux';
import { context, objectIds, openById, openPinned, pinObject } from '../object.ts';
import type { MapFlag, MapSpec, MapType } from '../spec.ts';
import { type BatchShape, deleteBatch, updateBatch } from './batch.ts';
import { createMap, type MapCreation } from './create.ts';
import { ElementAccess, type UpdateFlag } from './element.ts';
import { type MapInfo, readMapInfo } from './info.ts';
import { cpuCount, joinPerCpu, perCpuStride, splitPerCpu } from './per-cpu.ts';
import { isPerCpu } from './type.ts';
import { type Entry, walk } from './walk.ts';
import { zero } from './zero.ts';

/** What is fixed when a map is made. */
export type MapShape = Pick<MapSpec, 'name' | 'type' | 'keySize' | 'valueSize' | 'maxEntries'> & {
  readonly flags: readonly MapFlag[];
};

/**
 * A map in the kernel. It lives while something holds it: this object, a program, a pin.
 * Keys and values are bytes in the machine's order, little-endian.
 */
export class BpfMap {
  readonly fd: Fd;
  readonly name: string;
  readonly type: MapType;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes of one value; a per-CPU map holds one for each possible CPU. */
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: readonly MapFlag[];
  readonly perCpu: boolean;
  readonly #subject: string;
  readonly #element: ElementAccess;
  readonly #batch: BatchShape;

  private constructor(fd: Fd, shape: MapShape) {
    this.fd = fd;
    this.name = shape.name;
    this.type = shape.type;
    this.keySize = shape.keySize;
    this.valueSize = shape.valueSize;
    this.maxEntries = shape.maxEntries;
    this.flags = shape.flags;
    this.perCpu = isPerCpu(shape.type);
    this.#subject = `map "${shape.name}" (${shape.type})`;
    const storedSize = this.perCpu ? perCpuStride(shape.valueSize) * cpuCount() : shape.valueSize;
    this.#element = new ElementAccess(fd, shape.keySize, storedSize, this.#subject);
    this.#batch = {
      fd,
      keySize: shape.keySize,
      storedSize,
      subject: this.#subject,
      startsOver: shape.type === 'lpm-trie',
    };
  }

  /** @throws SyscallError (EPERM without CAP_BPF, E2BIG or ENOMEM when too large, EINVAL for an impossible shape). */
  static create(spec: MapSpec, options?: MapCreation): BpfMap {
    return new BpfMap(createMap(spec, options), { ...spec, flags: spec.flags ?? [] });
  }

  /** Opens a map pinned by pin(). */
  static fromPin(path: string): BpfMap {
    return BpfMap.fromFd(openPinned(path), path);
  }

  /** Opens a map of this machine by its id. Needs CAP_SYS_ADMIN. */
  static fromId(id: number): BpfMap {
    return BpfMap.fromFd(openById('MAP', id), `map ${id}`);
  }

  /** Takes over a map's descriptor. `origin` names it in errors. */
  static fromFd(fd: Fd, origin: string): BpfMap {
    try {
      const info = readMapInfo(fd, origin);
      if (info.type === undefined) throw new TypeError(`${origin} is a map of a type that this library does not use`);
      return new BpfMap(fd, { ...info, type: info.type });
    } catch (error) {
      fd.close();
      throw error;
    }
  }

  info(): MapInfo {
    return readMapInfo(this.fd, this.#subject);
  }

  /** A copy of the value, or undefined when the key is not there. */
  lookup(key: Uint8Array): Uint8Array | undefined {
    this.#refusePerCpu('lookupPerCpu');
    const value = new Uint8Array(this.valueSize);
    return this.#element.lookup(key, value) ? value : undefined;
  }

  /** Copies the value to `into`, without making an object; false when the key is not there. */
  lookupInto(key: Uint8Array, into: Uint8Array): boolean {
    this.#refusePerCpu('lookupPerCpu');
    return this.#element.lookup(key, into);
  }

  /** One value for each possible CPU, or undefined when the key is not there. */
  lookupPerCpu(key: Uint8Array): Uint8Array[] | undefined {
    this.#requirePerCpu('lookup');
    const stored = new Uint8Array(this.#batch.storedSize);
    return this.#element.lookup(key, stored) ? splitPerCpu(stored, this.valueSize) : undefined;
  }

  /** @throws SyscallError (E2BIG when full, EEXIST with 'no-exist', ENOENT with 'exist'). */
  update(key: Uint8Array, value: Uint8Array, flag: UpdateFlag = 'any'): void {
    this.#refusePerCpu('updatePerCpu');
    this.#element.update(key, value, flag);
  }

  /** `values`: one for each possible CPU. */
  updatePerCpu(key: Uint8Array, values: readonly Uint8Array[], flag: UpdateFlag = 'any'): void {
    this.#requirePerCpu('update');
    this.#element.update(key, joinPerCpu(values, this.valueSize), flag);
  }

  /** Whether the key was there. Array maps refuse (EINVAL). */
  delete(key: Uint8Array): boolean {
    return this.#element.delete(key);
  }

  /** Deletes the entry and gives what it held when it went: no program writes it in between. Of hash tables, since 5.14. */
  take(key: Uint8Array): Uint8Array | undefined {
    this.#refusePerCpu('delete');
    const value = new Uint8Array(this.valueSize);
    return this.#element.take(key, value) ? value : undefined;
  }

  /**
   * Updates many entries, packed one behind the other, with one system call where the kernel has a batch update for this
   * type of map, one by one otherwise. Not atomic.
   */
  updateBatch(keys: Uint8Array, values: Uint8Array): void {
    this.#refusePerCpu('updatePerCpu');
    const count = this.#countKeys(keys);
    if (values.length !== count * this.valueSize) {
      throw new RangeError(
        `${this.#subject}: ${count} values have ${count * this.valueSize} bytes, not ${values.length}`,
      );
    }
    if (count === 0 || updateBatch(this.#batch, { count, keys, values })) return;
    for (let index = 0; index < count; index++) {
      const value = values.subarray(index * this.valueSize, (index + 1) * this.valueSize);
      this.#element.update(this.#keyAt(keys, index), value, 'any');
    }
  }

  /** Deletes many keys, packed one behind the other; how many were there. */
  deleteBatch(keys: Uint8Array): number {
    const count = this.#countKeys(keys);
    const batched = count === 0 ? 0 : deleteBatch(this.#batch, keys);
    if (batched !== undefined) return batched;
    let deleted = 0;
    for (let index = 0; index < count; index++) if (this.delete(this.#keyAt(keys, index))) deleted++;
    return deleted;
  }

  /**
   * All entries, while the map may change: no entry comes twice, and one that is there from start to end comes.
   * Deleting entries on the way is safe.
   */
  entries(): Generator<Entry> {
    this.#refusePerCpu('entriesPerCpu');
    return walk(this.#batch, this.#element, this.maxEntries);
  }

  *entriesPerCpu(): Generator<readonly [key: Uint8Array, values: Uint8Array[]]> {
    this.#requirePerCpu('entries');
    for (const [key, stored] of walk(this.#batch, this.#element, this.maxEntries)) {
      yield [key, splitPerCpu(stored, this.valueSize)];
    }
  }

  /** Deletes all entries that are there when it is called, of an array sets them to zero; how many. */
  clear(): number {
    if (this.type === 'array' || this.type === 'percpu-array') return zero(this.#batch, this.#element, this.maxEntries);
    const keys = [...walk(this.#batch, this.#element, this.maxEntries)].map(([key]) => key);
    const packed = new Uint8Array(keys.length * this.keySize);
    for (const [index, key] of keys.entries()) packed.set(key, index * this.keySize);
    return this.deleteBatch(packed);
  }

  /**
   * The values of an array map made with 'mmapable', as memory: element n starts at n times the value size rounded up to
   * 8 bytes. Reading costs no system call. Since 5.5.
   */
  mapMemory(): MappedMemory {
    const bytes = perCpuStride(this.valueSize) * this.maxEntries;
    const length = Math.ceil(bytes / pageSize()) * pageSize();
    return new MappedMemory(this.fd, { length, access: 'read-write', subject: this.#subject });
  }

  /** Refuses all further changes from user space; programs are not affected. Since 5.2. */
  freeze(): void {
    const result = bpf(BpfCommand.MAP_FREEZE, new NativeBuffer(4).setU32(0, this.fd.number));
    check('bpf(MAP_FREEZE)', result, context(result, this.#subject));
  }

  /** Keeps the map at `path` on a BPF file system beyond this process. Unpin by removing the file. */
  pin(path: string): void {
    pinObject(this.fd, path, this.#subject);
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }

  #countKeys(keys: Uint8Array): number {
    const count = keys.length / this.keySize;
    if (Number.isInteger(count)) return count;
    throw new RangeError(`${this.#subject}: ${keys.length} bytes are no whole number of ${this.keySize}-byte keys`);
  }

  #keyAt(keys: Uint8Array, index: number): Uint8Array {
    return keys.subarray(index * this.keySize, (index + 1) * this.keySize);
  }

  #refusePerCpu(instead: string): void {
    if (this.perCpu) throw new TypeError(`${this.#subject} has a value for each CPU: use ${instead}()`);
  }

  #requirePerCpu(instead: string): void {
    if (!this.perCpu) throw new TypeError(`${this.#subject} has one value for all CPUs: use ${instead}()`);
  }
}

/** Ids of all maps of this machine. Needs CAP_SYS_ADMIN. */
export const mapIds = (): number[] => [...objectIds('MAP')];
