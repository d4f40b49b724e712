import type { UpdateMode } from '@twinpath/compiler';
import type { BpfMap } from '@twinpath/ebpf';
import { TableFullError } from '@twinpath/vnf';
import type { StoredEntry } from '../tables/instance-maps.ts';
import { isFull } from '../tables/write-all.ts';
import type { Collecting, WriteCollector } from '../tables/write-collector.ts';
import { KernelStore } from './kernel-store.ts';

/** Entries for one system call. */
const MOST = 256;
/** A full table tells each writer at once that it is full; so long after the last time it is supposed to have room again. */
const FULL_FOR_MS = 1000;

/** A hash table whose single writes can be collected. Everything else writes first what is held back. */
export class CollectingStore extends KernelStore implements Collecting {
  readonly #map: BpfMap;
  readonly #collector: WriteCollector;
  readonly #keys: Uint8Array;
  readonly #values: Uint8Array;
  #count = 0;
  #refused: Error[] = [];
  #fullUntil = 0;

  constructor(map: BpfMap, collector: WriteCollector) {
    super(map);
    this.#map = map;
    this.#collector = collector;
    this.#keys = new Uint8Array(MOST * map.keySize);
    this.#values = new Uint8Array(MOST * map.valueSize);
  }

  override get size(): number {
    this.#write();
    return super.size;
  }

  override lookup(key: Uint8Array): Uint8Array | undefined {
    this.#write();
    return super.lookup(key);
  }

  override update(key: Uint8Array, value: Uint8Array, mode: UpdateMode): void {
    if (mode === 'any' && this.#collector.isOpen && this.#hasRoom()) {
      this.#collect(key, value);
      return;
    }
    this.#write();
    super.update(key, value, mode);
  }

  override delete(key: Uint8Array): boolean {
    this.#write();
    return super.delete(key);
  }

  override take(key: Uint8Array): Uint8Array | undefined {
    this.#write();
    return super.take(key);
  }

  override *entries(): Iterable<[Uint8Array, Uint8Array]> {
    this.#write();
    yield* super.entries();
  }

  override updateBatch(entries: readonly StoredEntry[]): void {
    this.#write();
    super.updateBatch(entries);
  }

  override deleteBatch(keys: readonly Uint8Array[]): number {
    this.#write();
    return super.deleteBatch(keys);
  }

  writeCollected(): void {
    this.#write();
  }

  takeRefused(): readonly Error[] {
    const refused = this.#refused;
    this.#refused = [];
    return refused;
  }

  #hasRoom(): boolean {
    return this.#fullUntil === 0 || performance.now() > this.#fullUntil;
  }

  #collect(key: Uint8Array, value: Uint8Array): void {
    const { keySize, valueSize } = this.#map;
    if (key.length !== keySize || value.length !== valueSize)
      throw new RangeError(`this is no entry of "${this.#map.name}"`);
    if (this.#count === MOST) this.#write();
    if (this.#count === 0) this.#collector.add(this);
    this.#keys.set(key, this.#count * keySize);
    this.#values.set(value, this.#count * valueSize);
    this.#count++;
  }

  #write(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    const { keySize, valueSize } = this.#map;
    try {
      this.updateJoined(this.#keys.subarray(0, count * keySize), this.#values.subarray(0, count * valueSize));
    } catch {
      // The kernel stops at what it refuses: each by itself, so that the others are written and each error is known.
      for (let index = 0; index < count; index++) this.#writeOne(index);
    }
  }

  #writeOne(index: number): void {
    const { keySize, valueSize, name, maxEntries } = this.#map;
    const key = this.#keys.subarray(index * keySize, (index + 1) * keySize);
    try {
      super.update(key, this.#values.subarray(index * valueSize, (index + 1) * valueSize), 'any');
    } catch (error) {
      if (isFull(error)) this.#fullUntil = performance.now() + FULL_FOR_MS;
      this.#refused.push(isFull(error) ? new TableFullError(name, maxEntries) : asError(error));
    }
  }
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
