import type { MapStore } from '@twinpath/compiler';
import type { WriteCollector } from './write-collector.ts';

/** One entry as a map holds it. */
export type StoredEntry = readonly [key: Uint8Array, value: Uint8Array];

/** What a map may have besides: many entries with one system call. */
export interface BatchStore extends MapStore {
  /** Adds or replaces, in order; not atomic. @throws as `update` does. */
  updateBatch(entries: readonly StoredEntry[]): void;
  /** How many were there. */
  deleteBatch(keys: readonly Uint8Array[]): number;
  /** Deletes the entry and gives what it held when it went, where the map can do so in one step. `undefined`: it was not there. */
  take(key: Uint8Array): Uint8Array | undefined;
}

/** The maps of one running function, by the names of their specs, wherever its programs run. */
export interface InstanceMaps {
  /** How many values an entry of a per-CPU map has. */
  readonly cpus: number;
  /** Milliseconds for which a packet may still see the generation of a rule set that it began with. */
  readonly graceMs: number;
  /** Where single writes are held back for a while; absent: nowhere. */
  readonly writes?: WriteCollector;
  /** Brings to the counters what was counted elsewhere for them; absent: nothing is. */
  collect?(): void;
  /** `lookup` finds exactly the key, in a trie too. */
  store(name: string): MapStore;
  /** The bytes of element 0 of an array map, the very ones that programs read; no copy. */
  memory(name: string): Uint8Array;
  /** That all of them take in the kernel; absent: they are not there. */
  memoryBytes?(): number;
}

export function isBatchStore(store: MapStore): store is BatchStore {
  return 'updateBatch' in store;
}

/** An index as the kernel's arrays take it: u32, little endian. */
export function indexKey(index: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, index, true);
  return key;
}

/** Bytes as a key of a JavaScript Map. */
export function keyText(key: Uint8Array): string {
  return String.fromCharCode(...key);
}
