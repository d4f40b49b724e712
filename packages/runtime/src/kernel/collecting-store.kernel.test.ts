import { BpfMap } from '@twinpath/ebpf';
import { TableFullError } from '@twinpath/vnf';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WriteCollector } from '../tables/write-collector.ts';
import { CollectingStore } from './collecting-store.ts';

const bytes = (value: number) => new Uint8Array(Uint32Array.of(value).buffer);

describe('a table while events of one drain are handled', () => {
  let map: BpfMap;
  let collector: WriteCollector;
  let store: CollectingStore;
  const there = () => [...map.entries()].map(([key]) => key[0]).sort();

  beforeEach(() => {
    map = BpfMap.create({ name: 'few', type: 'hash', keySize: 4, valueSize: 4, maxEntries: 4 });
    collector = new WriteCollector();
    store = new CollectingStore(map, collector);
  });
  afterEach(() => {
    map[Symbol.dispose]();
    vi.useRealTimers();
  });

  test('holds writes back, and writes them in order', () => {
    collector.open();
    for (const [key, value] of [
      [1, 10],
      [2, 20],
      [1, 11],
    ] as const)
      store.update(bytes(key), bytes(value), 'any');
    expect(there()).toEqual([]);
    expect(collector.close()).toEqual([]);
    expect(there()).toEqual([1, 2]);
    expect(map.lookup(bytes(1))).toEqual(bytes(11));
  });

  test.for([
    ['lookup', (one: CollectingStore) => expect(one.lookup(bytes(1))).toEqual(bytes(10))],
    ['size', (one: CollectingStore) => expect(one.size).toBe(1)],
    ['entries', (one: CollectingStore) => expect([...one.entries()]).toHaveLength(1)],
    ['delete', (one: CollectingStore) => expect(one.delete(bytes(1))).toBe(true)],
    ['deleteBatch', (one: CollectingStore) => expect(one.deleteBatch([bytes(1)])).toBe(1)],
    ['update', (one: CollectingStore) => expect(() => one.update(bytes(1), bytes(3), 'new')).toThrow(/EEXIST/)],
  ] as const)('shows them to %s', ([, read]) => {
    collector.open();
    store.update(bytes(1), bytes(10), 'any');
    read(store);
    expect(collector.close()).toEqual([]);
  });

  test('writes at once outside of a drain', () => {
    store.update(bytes(1), bytes(10), 'any');
    expect(there()).toEqual([1]);
  });

  test('writes what it can, tells what was refused, and from then on tells each writer at once', () => {
    vi.useFakeTimers();
    collector.open();
    for (let key = 1; key <= 6; key++) store.update(bytes(key), bytes(key), 'any');
    const refused = collector.close();
    expect(refused).toEqual([new TableFullError('few', 4), new TableFullError('few', 4)]);
    expect(there()).toEqual([1, 2, 3, 4]);
    collector.open();
    expect(() => store.update(bytes(7), bytes(7), 'any')).toThrow(/E2BIG/);
    vi.advanceTimersByTime(1001);
    store.update(bytes(8), bytes(8), 'any');
    expect(collector.close()).toHaveLength(1);
  });

  test('writes more than fit into one call', () => {
    using many = BpfMap.create({ name: 'many', type: 'lru-hash', keySize: 4, valueSize: 4, maxEntries: 4096 });
    const large = new CollectingStore(many, collector);
    collector.open();
    for (let key = 0; key < 1000; key++) large.update(bytes(key), bytes(key), 'any');
    expect(collector.close()).toEqual([]);
    expect(large.size).toBe(1000);
  });
});
