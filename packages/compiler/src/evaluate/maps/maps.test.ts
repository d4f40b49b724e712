import type { MapSpec, MapType } from '@twinpath/ebpf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MapStoreError } from '../map-store.ts';
import { EvaluatorMaps } from './evaluator-maps.ts';

const spec = (type: MapType, more: Partial<MapSpec> = {}): MapSpec => ({
  name: 'm',
  type,
  keySize: 4,
  valueSize: 4,
  maxEntries: 4,
  ...more,
});
const only = (given: MapSpec, cpus = 1) => new EvaluatorMaps([given], { cpus });
const u32 = (...values: readonly number[]): Uint8Array => new Uint8Array(new Uint32Array(values).buffer);

/** The errno's name of what is thrown. */
function code(run: () => void): string {
  try {
    run();
  } catch (error) {
    if (error instanceof MapStoreError) return error.code;
    throw error;
  }
  return 'none';
}

describe('hash', () => {
  it('behaves as a JavaScript Map with a limit', () => {
    const operation = fc.record({
      kind: fc.constantFrom('any', 'new', 'existing', 'delete', 'lookup'),
      key: fc.integer({ min: 0, max: 6 }),
      value: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const store = only(spec('hash')).store('m');
        const model = new Map<number, number>();
        for (const { kind, key, value } of operations) {
          if (kind === 'lookup')
            expect(store.lookup(u32(key))).toEqual(model.has(key) ? u32(model.get(key) ?? 0) : undefined);
          else if (kind === 'delete') expect(store.delete(u32(key))).toBe(model.delete(key));
          else {
            const mode = kind === 'any' || kind === 'new' ? kind : 'existing';
            const wanted = refusal(model, key, mode);
            expect(code(() => store.update(u32(key), u32(value), mode))).toBe(wanted);
            if (wanted === 'none') model.set(key, value);
          }
          expect(store.size).toBe(model.size);
        }
        const entries = [...store.entries()].map(([key, value]) =>
          [key, value].map((bytes) => new Uint32Array(bytes.slice().buffer)[0]),
        );
        expect(new Map(entries.map(([key = 0, value = 0]) => [key, value]))).toEqual(model);
      }),
    );
  });

  it('refuses keys and values of another size', () => {
    const store = only(spec('hash')).store('m');
    expect(code(() => store.lookup(new Uint8Array(3)))).toBe('EINVAL');
    expect(code(() => store.update(u32(1), new Uint8Array(5), 'any'))).toBe('EINVAL');
  });

  it('hands out copies', () => {
    const store = only(spec('hash')).store('m');
    const [key, value] = [u32(1), u32(2)];
    store.update(key, value, 'any');
    value.fill(9);
    store.lookup(key)?.fill(9);
    for (const [entryKey] of store.entries()) entryKey.fill(9);
    expect([...store.entries()]).toEqual([[u32(1), u32(2)]]);
  });
});

function refusal(model: ReadonlyMap<number, number>, key: number, mode: 'any' | 'new' | 'existing'): string {
  if (model.has(key)) return mode === 'new' ? 'EEXIST' : 'none';
  if (mode === 'existing') return 'ENOENT';
  return model.size >= 4 ? 'E2BIG' : 'none';
}

describe('lru-hash', () => {
  it('evicts the entry that a program used longest ago; looking from Node does not count as use', () => {
    const maps = only(spec('lru-hash', { maxEntries: 2 }));
    const store = maps.store('m');
    const map = maps.get('m');
    store.update(u32(1), u32(1), 'any');
    store.update(u32(2), u32(2), 'any');
    if ('find' in map) map.find(u32(1), 0);
    store.lookup(u32(2));
    store.update(u32(3), u32(3), 'any');
    expect([1, 2, 3].map((key) => store.lookup(u32(key)) !== undefined)).toEqual([true, false, true]);
  });
});

describe('array', () => {
  it('has all entries from the start, none to delete and none behind its end', () => {
    const store = only(spec('array', { valueSize: 8 })).store('m');
    expect(store.size).toBe(4);
    store.update(u32(3), u32(1, 2), 'existing');
    expect(store.lookup(u32(3))).toEqual(u32(1, 2));
    expect(store.lookup(u32(4))).toBeUndefined();
    expect(code(() => store.update(u32(4), u32(0, 0), 'any'))).toBe('E2BIG');
    expect(code(() => store.update(u32(0), u32(0, 0), 'new'))).toBe('EEXIST');
    expect(code(() => store.delete(u32(0)))).toBe('EINVAL');
    expect([...store.entries()].map(([key]) => key[0])).toEqual([0, 1, 2, 3]);
  });
});

describe('per-CPU maps', () => {
  it.each(['percpu-array', 'percpu-hash'] as const)(
    '%s: programs write their CPU only, Node sees all, rounded up to 8 bytes',
    (type) => {
      const maps = only(spec(type), 2);
      const [store, map] = [maps.store('m'), maps.get('m')];
      if (!('put' in map)) throw new Error('not a map');
      map.put(u32(1), u32(5), 'any', 1);
      expect(store.lookup(u32(1))).toEqual(u32(0, 0, 5, 0));
      store.update(u32(1), u32(7, 0, 8, 0), 'any');
      expect([0, 1].map((cpu) => map.find(u32(1), cpu)?.bytes)).toEqual([u32(7), u32(8)]);
      expect(code(() => store.update(u32(1), u32(7), 'any'))).toBe('EINVAL');
    },
  );
});

describe('lpm-trie', () => {
  const address = (length: number, ...bytes: readonly number[]) => new Uint8Array([...u32(length), ...bytes]);
  const trie = (maxEntries = 8) => only(spec('lpm-trie', { keySize: 8, maxEntries })).store('m');

  it('finds the longest prefix that is no longer than asked for', () => {
    const store = trie();
    store.update(address(8, 10, 0, 0, 0), u32(8), 'any');
    store.update(address(20, 10, 1, 0xf0, 0), u32(20), 'any');
    store.update(address(0, 0, 0, 0, 0), u32(0), 'any');
    const found = (length: number, ...bytes: readonly number[]) => store.lookup(address(length, ...bytes))?.[0];
    expect(found(32, 10, 1, 0xff, 1)).toBe(20);
    expect(found(32, 10, 1, 0xef, 1)).toBe(8);
    expect(found(16, 10, 1, 0xf0, 0)).toBe(8);
    expect(found(32, 11, 0, 0, 0)).toBe(0);
    expect(found(33, 10, 1, 0xf0, 0)).toBeUndefined();
  });

  it('agrees with a search through all prefixes', () => {
    const prefix = fc.record({
      length: fc.integer({ min: 0, max: 32 }),
      bits: fc.integer({ min: 0, max: 0xffff_ffff }),
    });
    const bytes = (bits: number) => [bits >>> 24, (bits >>> 16) & 0xff, (bits >>> 8) & 0xff, bits & 0xff];
    const head = (bits: number, length: number) => bits.toString(2).padStart(32, '0').slice(0, length);
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 12 }), fc.nat({ max: 0xffff_ffff }), (prefixes, wanted) => {
        const store = trie(64);
        const model = new Map<string, number>();
        for (const [at, { length, bits }] of prefixes.entries()) {
          store.update(address(length, ...bytes(bits)), u32(at), 'any');
          model.set(head(bits, length), at);
        }
        const best = [...model.keys()]
          .filter((text) => head(wanted, 32).startsWith(text))
          .sort((a, b) => b.length - a.length)[0];
        const found = store.lookup(address(32, ...bytes(wanted)));
        expect(found).toEqual(best === undefined ? undefined : u32(model.get(best) ?? -1));
        expect(store.size).toBe(model.size);
      }),
    );
  });

  it('ignores bits behind the prefix, and is full with ENOSPC', () => {
    const store = trie(1);
    store.update(address(8, 10, 1, 2, 3), u32(1), 'any');
    expect(code(() => store.update(address(8, 10, 9, 9, 9), u32(2), 'new'))).toBe('EEXIST');
    expect(code(() => store.update(address(9, 10, 0, 0, 0), u32(2), 'any'))).toBe('ENOSPC');
    expect(code(() => store.update(address(33, 10, 0, 0, 0), u32(2), 'any'))).toBe('EINVAL');
    expect(store.delete(address(8, 10, 7, 7, 7))).toBe(true);
    expect(store.delete(address(8, 10, 7, 7, 7))).toBe(false);
  });
});

describe('ringbuf', () => {
  it('is full unless a byte more than the record is free, until it is drained', () => {
    const maps = only(spec('ringbuf', { keySize: 0, valueSize: 0, maxEntries: 64 }));
    const ring = maps.ring('m');
    expect([20, 24, 8].map((size) => ring.output(new Uint8Array(size).fill(size)))).toEqual([
      undefined,
      'EAGAIN',
      undefined,
    ]);
    expect(ring.drain().map((record) => [record.length, record[0]])).toEqual([
      [20, 20],
      [8, 8],
    ]);
    expect(ring.output(new Uint8Array(16))).toBeUndefined();
  });
});

describe('maps of references', () => {
  it('hold numbers at indexes that may be absent', () => {
    const store = only(spec('devmap')).store('m');
    expect(store.lookup(u32(1))).toBeUndefined();
    store.update(u32(1), u32(17), 'any');
    expect([...store.entries()]).toEqual([[u32(1), u32(17)]]);
    expect(store.delete(u32(1))).toBe(true);
    expect(code(() => store.update(u32(4), u32(17), 'any'))).toBe('E2BIG');
  });
});
