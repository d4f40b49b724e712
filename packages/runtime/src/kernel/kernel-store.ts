import type { UpdateMode } from '@twinpath/compiler';
import type { BpfMap, UpdateFlag } from '@twinpath/ebpf';
import type { Guard } from '../specialise/write-guard.ts';
import type { BatchStore, StoredEntry } from '../tables/instance-maps.ts';

const FLAGS: Readonly<Record<UpdateMode, UpdateFlag>> = { any: 'any', new: 'no-exist', existing: 'exist' };

/** A map of the kernel, or of what does as the kernel. */
type StoredMap = Pick<
  BpfMap,
  | 'name'
  | 'type'
  | 'perCpu'
  | 'valueSize'
  | 'maxEntries'
  | 'lookup'
  | 'lookupPerCpu'
  | 'update'
  | 'updatePerCpu'
  | 'delete'
  | 'entries'
  | 'entriesPerCpu'
  | 'updateBatch'
  | 'deleteBatch'
> &
  Partial<Pick<BpfMap, 'take'>>;

/** A kernel map as tables use it. Values of per-CPU maps are those of all CPUs, one behind the other. */
export class KernelStore implements BatchStore {
  /** Around each write, where a copy of entries stands in front of the map. */
  guard: Guard | undefined;
  readonly #map: StoredMap;

  constructor(map: StoredMap) {
    if (map.perCpu && map.valueSize % 8 !== 0) throw new TypeError(`values of map "${map.name}" are not whole words`);
    this.#map = map;
  }

  /** Of a hash table they are counted one by one. */
  get size(): number {
    if (this.#map.type === 'array' || this.#map.type === 'percpu-array') return this.#map.maxEntries;
    let size = 0;
    for (const _ of this.entries()) size++;
    return size;
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    if (!this.#map.perCpu) return this.#map.lookup(key);
    const copies = this.#map.lookupPerCpu(key);
    return copies && concat(copies);
  }

  update(key: Uint8Array, value: Uint8Array, mode: UpdateMode): void {
    this.#write(() => {
      if (this.#map.perCpu) this.#map.updatePerCpu(key, this.#split(value), FLAGS[mode]);
      else this.#map.update(key, value, FLAGS[mode]);
    });
  }

  delete(key: Uint8Array): boolean {
    return this.#write(() => this.#map.delete(key));
  }

  take(key: Uint8Array): Uint8Array | undefined {
    const map = this.#map;
    if (map.take !== undefined && (map.type === 'hash' || map.type === 'lru-hash')) {
      return this.#write(() => map.take?.(key));
    }
    const value = this.lookup(key);
    return this.delete(key) ? value : undefined;
  }

  *entries(): Iterable<[Uint8Array, Uint8Array]> {
    if (this.#map.perCpu) {
      for (const [key, copies] of this.#map.entriesPerCpu()) yield [key, concat(copies)];
    } else {
      for (const [key, value] of this.#map.entries()) yield [key, value];
    }
  }

  updateBatch(entries: readonly StoredEntry[]): void {
    if (this.#map.perCpu) for (const [key, value] of entries) this.update(key, value, 'any');
    else this.updateJoined(concat(entries.map(([key]) => key)), concat(entries.map(([, value]) => value)));
  }

  deleteBatch(keys: readonly Uint8Array[]): number {
    return this.#write(() => this.#map.deleteBatch(concat(keys)));
  }

  /** Keys one behind the other, and their values. */
  protected updateJoined(keys: Uint8Array, values: Uint8Array): void {
    this.#write(() => this.#map.updateBatch(keys, values));
  }

  #write<T>(write: () => T): T {
    return this.guard === undefined ? write() : this.guard.around(write);
  }

  #split(value: Uint8Array): Uint8Array[] {
    const { valueSize } = this.#map;
    return Array.from({ length: value.length / valueSize }, (_, cpu) =>
      value.subarray(cpu * valueSize, (cpu + 1) * valueSize),
    );
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
