import type { Entry, MapFlag, MapSpec, MapType, UpdateFlag } from '@twinpath/ebpf';
import { EngineError } from '../engine-error.ts';
import type { MapImage } from '../engine-image.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { ERRNO, type Errno, UPDATE } from './errno.ts';
import type { Geometry } from './known-map.ts';
import { EngineMapError, errnoOf } from './map-error.ts';
import {
  ELEMENT,
  ELEMENT_STATE,
  elementBytes,
  elementValue,
  HEADER,
  HEADER_BYTES,
  isPerCpu,
  layoutOf,
  type MapShape,
  nodeValue,
  slotBytes,
  slotPresent,
  strideOf,
} from './shape.ts';
import { TrieControl } from './trie-control.ts';

/** A map's operations as programs have them, called from JavaScript. Operands are addresses. */
export interface MapOperations {
  readonly lookup: (map: number, key: number) => number;
  readonly update: (map: number, key: number, value: number, flags: number) => number;
  readonly remove: (map: number, key: number) => number;
}

/** What a map needs of its engine. */
export interface MapHost {
  readonly memory: LinearMemory;
  /** Runs `body` with room for a key and a value. */
  withRoom<T>(keyBytes: number, valueBytes: number, body: (key: number, value: number) => T): T;
  operations(shape: MapShape): MapOperations;
  /** The map's memory is used for others from now on. */
  release(map: EngineMap): void;
}

const flagNumbers: Readonly<Record<UpdateFlag, number>> = {
  any: UPDATE.any,
  'no-exist': UPDATE.noExist,
  exist: UPDATE.exist,
};

/**
 * A map in the engine's memory; its operations are those of BpfMap. Keys and values are bytes in the machine's order,
 * little-endian; what is given back is a copy. An entry that refers to a program or a map has its `id` as value.
 */
export class EngineMap {
  readonly spec: MapSpec;
  readonly shape: MapShape;
  readonly geometry: Geometry;
  readonly perCpu: boolean;
  readonly #host: MapHost;
  readonly #memory: LinearMemory;
  readonly #subject: string;
  #operations: MapOperations | undefined;
  #isReleased = false;

  constructor(host: MapHost, spec: MapSpec, shape: MapShape, geometry: Geometry) {
    this.spec = spec;
    this.shape = shape;
    this.geometry = geometry;
    this.perCpu = isPerCpu(spec.type);
    this.#host = host;
    this.#memory = host.memory;
    this.#subject = `map "${spec.name}" (${spec.type})`;
  }

  get name(): string {
    return this.spec.name;
  }
  get type(): MapType {
    return this.spec.type;
  }
  get keySize(): number {
    return this.spec.keySize;
  }
  get valueSize(): number {
    return this.spec.valueSize;
  }
  get maxEntries(): number {
    return this.spec.maxEntries;
  }
  get flags(): readonly MapFlag[] {
    return this.spec.flags ?? [];
  }

  /** What another thread opens it with. */
  get image(): MapImage {
    const { spec, shape, geometry } = this;
    return { spec, shape, geometry };
  }

  /** What an entry of a map of maps holds: the map's address. */
  get id(): number {
    return this.geometry.base;
  }

  /** Entries that are there; all of them for an array. */
  get size(): number {
    switch (layoutOf(this.type)) {
      case 'array':
        return this.maxEntries;
      case 'slots':
        return [...this.#addresses()].length;
      default:
        return this.#memory.getU32(this.geometry.base + HEADER.count);
    }
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    this.#refusePerCpu('lookupPerCpu');
    const address = this.#find(key);
    return address === 0 ? undefined : this.#read(address);
  }

  /** Of the u32 that counts bytes written to a ring buffer: it is notified (Atomics.notify) when a worker has written. */
  get producerAddress(): number {
    if (layoutOf(this.type) !== 'ring') throw new TypeError(`${this.#subject} is no ring buffer`);
    return this.geometry.base + HEADER.producer;
  }

  /** Where the value lies, of a per-CPU map that of a CPU; 0: the key is not there. */
  address(key: Uint8Array, cpu = 0): number {
    const first = this.#find(key);
    return first === 0 ? 0 : first + cpu * this.#cpuStride();
  }

  /** Copies the value to `into`, without making an object; false when the key is not there. */
  lookupInto(key: Uint8Array, into: Uint8Array): boolean {
    this.#refusePerCpu('lookupPerCpu');
    const address = this.#find(key);
    if (address !== 0) into.set(this.#memory.bytes.subarray(address, address + this.valueSize));
    return address !== 0;
  }

  /** One value for each CPU, or undefined when the key is not there. */
  lookupPerCpu(key: Uint8Array): Uint8Array[] | undefined {
    this.#requirePerCpu('lookup');
    const address = this.#find(key);
    return address === 0 ? undefined : this.#readPerCpu(address);
  }

  /** @throws EngineMapError (E2BIG, ENOSPC when full, EEXIST with 'no-exist', ENOENT with 'exist'). */
  update(key: Uint8Array, value: Uint8Array, flag: UpdateFlag = 'any'): void {
    this.#refusePerCpu('updatePerCpu');
    this.#check('key', key, this.keySize);
    this.#check('value', value, this.valueSize);
    this.#settle('update', this.#put(key, value, flagNumbers[flag]));
  }

  /** `values`: one for each CPU. */
  updatePerCpu(key: Uint8Array, values: readonly Uint8Array[], flag: UpdateFlag = 'any'): void {
    this.#requirePerCpu('update');
    this.#check('key', key, this.keySize);
    const [first] = values;
    if (first === undefined || values.length !== this.shape.cpus) {
      throw new RangeError(`${this.#subject}: an entry needs ${this.shape.cpus} values, not ${values.length}`);
    }
    for (const value of values) this.#check('value', value, this.valueSize);
    this.#settle('update', this.#put(key, first, flagNumbers[flag]));
    const address = this.#find(key);
    for (const [cpu, value] of values.entries()) this.#memory.write(address + cpu * this.#cpuStride(), value);
  }

  /** Whether the key was there. Array maps refuse (EINVAL). */
  delete(key: Uint8Array): boolean {
    this.#check('key', key, this.keySize);
    const code = this.#remove(key);
    if (code === -ERRNO.ENOENT) return false;
    this.#settle('delete', code);
    return true;
  }

  /** Updates many entries, packed one behind the other. Not atomic. */
  updateBatch(keys: Uint8Array, values: Uint8Array): void {
    const count = this.#countKeys(keys);
    if (values.length !== count * this.valueSize) {
      throw new RangeError(
        `${this.#subject}: ${count} values have ${count * this.valueSize} bytes, not ${values.length}`,
      );
    }
    for (let index = 0; index < count; index++) {
      this.update(part(keys, index, this.keySize), part(values, index, this.valueSize));
    }
  }

  /** Deletes many keys, packed one behind the other; how many were there. */
  deleteBatch(keys: Uint8Array): number {
    let deleted = 0;
    for (let index = 0; index < this.#countKeys(keys); index++)
      if (this.delete(part(keys, index, this.keySize))) deleted++;
    return deleted;
  }

  /** All entries; those that come or go meanwhile may be seen or not. Deleting on the way is safe. */
  *entries(): Generator<Entry> {
    this.#refusePerCpu('entriesPerCpu');
    for (const [key, address] of this.#addresses()) yield [key, this.#read(address)];
  }

  *entriesPerCpu(): Generator<readonly [key: Uint8Array, values: Uint8Array[]]> {
    this.#requirePerCpu('entries');
    for (const [key, address] of this.#addresses()) yield [key, this.#readPerCpu(address)];
  }

  /** Deletes all entries that are there when it is called; how many. */
  clear(): number {
    return [...this.#addresses()].filter(([key]) => this.delete(key)).length;
  }

  /** The values of an array as programs see them, no copy: element n starts at n times the value size, rounded up to 8. */
  memory(): Uint8Array {
    this.#requirePresent();
    if (layoutOf(this.type) !== 'array') throw new TypeError(`${this.#subject} is no array`);
    const start = this.geometry.base + HEADER_BYTES;
    return this.#memory.bytes.subarray(start, start + this.maxEntries * strideOf(this.shape) * this.shape.cpus);
  }

  /** Gives the memory back. No program may use the map any more, and no map of maps hold it. */
  [Symbol.dispose](): void {
    this.#isReleased = true;
    this.#host.release(this);
  }

  /** Address of the first CPU's value, or 0. */
  #find(key: Uint8Array): number {
    this.#check('key', key, this.keySize);
    return this.#host.withRoom(this.keySize, 0, (keyAddress) => {
      this.#memory.write(keyAddress, key);
      return this.#operate().lookup(this.geometry.base, keyAddress);
    });
  }

  #put(key: Uint8Array, value: Uint8Array, flags: number): number {
    if (layoutOf(this.type) === 'slots') return this.#putSlot(key, value, flags);
    return this.#host.withRoom(this.keySize, this.valueSize, (keyAddress, valueAddress) => {
      this.#memory.write(keyAddress, key);
      this.#memory.write(valueAddress, value);
      return this.#operate().update(this.geometry.base, keyAddress, valueAddress, flags);
    });
  }

  #remove(key: Uint8Array): number {
    if (layoutOf(this.type) === 'slots') {
      const slot = this.#slot(key);
      if (slot === undefined || !this.#isPresent(slot)) return -ERRNO.ENOENT;
      this.#memory.setU32(slot + slotPresent(this.shape), 0);
      return 0;
    }
    return this.#host.withRoom(this.keySize, 0, (keyAddress) => {
      this.#memory.write(keyAddress, key);
      return this.#operate().remove(this.geometry.base, keyAddress);
    });
  }

  #putSlot(key: Uint8Array, value: Uint8Array, flags: number): number {
    const slot = this.#slot(key);
    if (slot === undefined) return -ERRNO.E2BIG;
    const present = this.#isPresent(slot);
    if (present && flags === UPDATE.noExist) return -ERRNO.EEXIST;
    if (!present && flags === UPDATE.exist) return -ERRNO.ENOENT;
    this.#memory.write(slot, value);
    this.#memory.setU32(slot + slotPresent(this.shape), 1);
    return 0;
  }

  #slot(key: Uint8Array): number | undefined {
    const index = new DataView(key.buffer, key.byteOffset).getUint32(0, true);
    return index < this.maxEntries ? this.geometry.base + HEADER_BYTES + index * slotBytes(this.shape) : undefined;
  }

  #isPresent(slot: number): boolean {
    return this.#memory.getU32(slot + slotPresent(this.shape)) !== 0;
  }

  /** Keys, and addresses of the first CPU's values. */
  *#addresses(): Generator<readonly [key: Uint8Array, address: number]> {
    this.#requirePresent();
    const { base, elements, capacity } = this.geometry;
    const first = base + HEADER_BYTES;
    switch (layoutOf(this.type)) {
      case 'array':
        for (let index = 0; index < this.maxEntries; index++)
          yield [indexKey(index), first + index * strideOf(this.shape)];
        return;
      case 'slots':
        for (let index = 0; index < this.maxEntries; index++) {
          const slot = first + index * slotBytes(this.shape);
          if (this.#isPresent(slot)) yield [indexKey(index), slot];
        }
        return;
      case 'hash':
        for (let index = 0; index < capacity; index++) {
          const element = elements + index * elementBytes(this.shape);
          if (this.#memory.getU32(element + ELEMENT.state) === ELEMENT_STATE.free) continue;
          yield [this.#memory.read(element + ELEMENT.key, this.keySize), element + elementValue(this.shape)];
        }
        return;
      case 'trie': {
        const trie = new TrieControl(this.#memory, base, this.shape);
        for (const [node] of [...trie.nodes()]) yield [trie.keyOf(node), node + nodeValue(this.shape)];
        return;
      }
      case 'ring':
        throw new EngineMapError(this.#subject, 'walk', 'EINVAL');
    }
  }

  /** Bytes from one CPU's value to the next one's. */
  #cpuStride(): number {
    const stride = strideOf(this.shape);
    return layoutOf(this.type) === 'array' ? stride * this.maxEntries : stride;
  }

  #read(address: number): Uint8Array {
    const value = this.#memory.read(address, this.valueSize);
    const { lockOffset } = this.shape;
    if (lockOffset !== undefined) value.fill(0, lockOffset, lockOffset + 4);
    return value;
  }

  #readPerCpu(address: number): Uint8Array[] {
    return Array.from({ length: this.shape.cpus }, (_, cpu) => this.#read(address + cpu * this.#cpuStride()));
  }

  #operate(): MapOperations {
    this.#operations ??= this.#host.operations(this.shape);
    return this.#operations;
  }

  #settle(operation: string, result: number): void {
    const code: Errno | undefined = errnoOf(result);
    if (code !== undefined) throw new EngineMapError(this.#subject, operation, code);
  }

  /** Others may have its memory now. */
  #requirePresent(): void {
    if (this.#isReleased) throw new EngineError(`${this.#subject} was released`, 'who releases a map uses it no more');
  }

  #check(what: string, bytes: Uint8Array, wanted: number): void {
    this.#requirePresent();
    if (bytes.length === wanted) return;
    throw new RangeError(`${this.#subject}: a ${what} has ${wanted} bytes, not ${bytes.length}`);
  }

  #countKeys(keys: Uint8Array): number {
    const count = keys.length / this.keySize;
    if (Number.isInteger(count)) return count;
    throw new RangeError(`${this.#subject}: ${keys.length} bytes are no whole number of ${this.keySize}-byte keys`);
  }

  #refusePerCpu(instead: string): void {
    if (this.perCpu) throw new TypeError(`${this.#subject} has a value for each CPU: use ${instead}()`);
  }

  #requirePerCpu(instead: string): void {
    if (!this.perCpu) throw new TypeError(`${this.#subject} has one value for all CPUs: use ${instead}()`);
  }
}

const part = (bytes: Uint8Array, index: number, size: number): Uint8Array =>
  bytes.subarray(index * size, (index + 1) * size);

function indexKey(index: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, index, true);
  return key;
}
