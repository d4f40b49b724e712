// The maps that generated programs use. Few keys, so that programs meet entries; sizes so that hashes get full.

import type { MapSpec } from '@twinpath/ebpf';
import type { MapStore } from '../evaluate/map-store.ts';
import type { Random } from './random.ts';

/** A 64-bit word for each program's result, and room for globals. */
export const OUT: MapSpec = { name: 'out', type: 'array', keySize: 4, valueSize: 64, maxEntries: 1 };

/** A page, the least that there is: programs fill it. */
export const EVENTS: MapSpec = { name: 'events', type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 };

export const tables: readonly MapSpec[] = [
  { name: 'hash', type: 'hash', keySize: 8, valueSize: 16, maxEntries: 8 },
  { name: 'odd', type: 'hash', keySize: 5, valueSize: 12, maxEntries: 16, flags: ['no-prealloc'] },
  { name: 'lru', type: 'lru-hash', keySize: 4, valueSize: 8, maxEntries: 1024 },
  { name: 'array', type: 'array', keySize: 4, valueSize: 24, maxEntries: 5 },
  { name: 'cells', type: 'percpu-array', keySize: 4, valueSize: 12, maxEntries: 3 },
  { name: 'shards', type: 'percpu-hash', keySize: 4, valueSize: 16, maxEntries: 8 },
  { name: 'routes', type: 'lpm-trie', keySize: 8, valueSize: 8, maxEntries: 16, flags: ['no-prealloc'] },
];

export const allTables: readonly MapSpec[] = [OUT, ...tables];

/** Entries that every run begins with; `stored` gives the size of a value at Node's side. */
export function fill(store: MapStore, spec: MapSpec, stored: number, random: Random): void {
  const value = () => Uint8Array.from({ length: stored }, () => random.integer(0, 255));
  if (spec.keySize === 4 && spec.type.endsWith('array')) {
    for (let index = 0; index < spec.maxEntries; index++) store.update(key(spec, index), value(), 'any');
    return;
  }
  const count = random.integer(0, Math.min(6, spec.maxEntries));
  for (let made = 0; made < count; made++) store.update(key(spec, random.integer(0, 7)), value(), 'any');
}

/** The key whose first byte, or whose address, is a small number. */
function key(spec: MapSpec, number: number): Uint8Array {
  const bytes = new Uint8Array(spec.keySize);
  if (spec.type !== 'lpm-trie') bytes[0] = number;
  else bytes.set([number * 4, 0, 0, 0, number << 5]);
  return bytes;
}
