import { mkdirSync, rmSync } from 'node:fs';
import { mountBpffs, openFds, pageSize, possibleCpus, traceFds } from '@twinpath/linux';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assembleProgram } from '../programs/from-assembly.ts';
import { BpfProgram } from '../programs/program.ts';
import type { MapSpec, MapType } from '../spec.ts';
import { BpfMap, mapIds } from './map.ts';
import { setCpu, setDevice, setInnerMap, setTailCall } from './references.ts';

const pins = '/sys/fs/bpf/tp-ebpf-maps';

beforeAll(() => {
  traceFds();
  mountBpffs();
  mkdirSync(pins, { recursive: true });
});

afterAll(() => {
  rmSync(pins, { recursive: true });
  expect(openFds()).toEqual([]);
});

const spec = (type: MapType, rest: Partial<MapSpec> = {}): MapSpec => ({
  name: `test-${type}`,
  type,
  keySize: 4,
  valueSize: 8,
  maxEntries: 64,
  ...rest,
});

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

const pack = (parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const numberOf = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const keysOf = (map: BpfMap) => [...map.entries()].map(([key]) => numberOf(key) ?? -1).sort((a, b) => a - b);

describe('single entries', () => {
  test.each(['hash', 'lru-hash'] as const)(
    'a %s does what a JavaScript Map does, whatever the order of operations',
    (type) => {
      const operation = fc.record({
        kind: fc.constantFrom('update', 'create', 'replace', 'delete', 'take', 'lookup'),
        key: fc.nat(7),
        value: fc.nat(1000),
      });
      fc.assert(
        fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
          using map = BpfMap.create(spec(type));
          const model = new Map<number, number>();
          for (const { kind, key, value } of operations) {
            if (kind === 'delete') expect(map.delete(u32(key))).toBe(model.delete(key));
            else if (kind === 'take') {
              expect(numberOf(map.take(u32(key)))).toBe(model.get(key));
              model.delete(key);
            } else if (kind === 'lookup') expect(numberOf(map.lookup(u32(key)))).toBe(model.get(key));
            else if (kind === 'create' && model.has(key)) {
              expect(() => map.update(u32(key), u64(value), 'no-exist')).toThrow(/EEXIST/);
            } else if (kind === 'replace' && !model.has(key)) {
              expect(() => map.update(u32(key), u64(value), 'exist')).toThrow(/ENOENT/);
            } else {
              map.update(u32(key), u64(value), kind === 'create' ? 'no-exist' : kind === 'replace' ? 'exist' : 'any');
              model.set(key, value);
            }
          }
          expect(keysOf(map)).toEqual([...model.keys()].sort((a, b) => a - b));
        }),
        { numRuns: 50 },
      );
    },
  );

  test('lookupInto fills the caller’s bytes and says whether the key was there', () => {
    using map = BpfMap.create(spec('hash'));
    map.update(u32(1), u64(77));
    const value = new Uint8Array(8);
    expect(map.lookupInto(u32(1), value)).toBe(true);
    expect(value).toEqual(u64(77));
    expect(map.lookupInto(u32(2), value)).toBe(false);
  });

  test('a returned value is a copy', () => {
    using map = BpfMap.create(spec('array'));
    const before = map.lookup(u32(0));
    map.update(u32(0), u64(5));
    map.lookup(u32(0));
    expect(before).toEqual(u64(0));
  });

  test('keys and values of the wrong size are refused before the kernel sees them', () => {
    using map = BpfMap.create(spec('hash'));
    expect(() => map.lookup(new Uint8Array(3))).toThrow(/a key has 4 bytes, not 3/);
    expect(() => map.update(u32(1), new Uint8Array(9))).toThrow(/a value has 8 bytes, not 9/);
    expect(() => map.deleteBatch(new Uint8Array(6))).toThrow(/no whole number of 4-byte keys/);
    expect(() => map.updateBatch(new Uint8Array(8), new Uint8Array(8))).toThrow(/2 values have 16 bytes/);
  });

  test('a full map says so', () => {
    using map = BpfMap.create(spec('hash', { maxEntries: 1 }));
    map.update(u32(1), u64(1));
    expect(() => map.update(u32(2), u64(1))).toThrow(
      /bpf\(MAP_UPDATE_ELEM\) for map "test-hash" \(hash\) failed: E2BIG/,
    );
  });

  test('an LRU hash forgets instead', () => {
    using map = BpfMap.create(spec('lru-hash', { maxEntries: 16 }));
    for (const key of range(200)) map.update(u32(key), u64(key));
    expect(keysOf(map).length).toBeLessThanOrEqual(16);
  });

  test('a trie finds the longest prefix', () => {
    using map = BpfMap.create(spec('lpm-trie', { keySize: 8 }));
    const prefix = (length: number, ...address: number[]) => pack([u32(length), Uint8Array.from(address)]);
    map.update(prefix(8, 10, 0, 0, 0), u64(8));
    map.update(prefix(24, 10, 1, 2, 0), u64(24));
    expect(numberOf(map.lookup(prefix(32, 10, 1, 2, 3)))).toBe(24);
    expect(numberOf(map.lookup(prefix(32, 10, 9, 2, 3)))).toBe(8);
    expect(map.lookup(prefix(32, 11, 0, 0, 1))).toBeUndefined();
  });
});

describe('many entries', () => {
  test.each(['hash', 'lru-hash', 'array'] as const)('a %s is updated and read in batches', (type) => {
    using map = BpfMap.create(spec(type, { maxEntries: 5000 }));
    const keys = range(5000);
    map.updateBatch(pack(keys.map(u32)), pack(keys.map((key) => u64(key * 3))));
    const read = new Map([...map.entries()].map(([key, value]) => [numberOf(key), numberOf(value)]));
    if (type === 'lru-hash') expect(read.size).toBeGreaterThan(2500);
    else expect(read.size).toBe(5000);
    for (const [key, value] of read) expect(value).toBe((key ?? 0) * 3);
  });

  test('a batch update that fails says how far it came', () => {
    using map = BpfMap.create(spec('hash', { maxEntries: 10 }));
    const keys = range(20);
    expect(() => map.updateBatch(pack(keys.map(u32)), pack(keys.map(u64)))).toThrow(/E2BIG.*after 10 of 20 entries/);
  });

  test('a batch deletion passes over keys that are not there', () => {
    using map = BpfMap.create(spec('hash'));
    for (const key of [1, 3, 5, 7]) map.update(u32(key), u64(key));
    expect(map.deleteBatch(pack([0, 1, 2, 3, 4, 7, 8, 9].map(u32)))).toBe(3);
    expect(keysOf(map)).toEqual([5]);
    expect(map.deleteBatch(new Uint8Array(0))).toBe(0);
    expect(map.clear()).toBe(1);
    expect(map.clear()).toBe(0);
  });

  test('maps without batch operations are handled entry by entry', () => {
    using outer = BpfMap.create(spec('devmap-hash', { valueSize: 4 }));
    outer.updateBatch(pack([u32(7), u32(9)]), pack([u32(1), u32(1)]));
    expect(keysOf(outer)).toEqual([7, 9]);
    expect(outer.deleteBatch(pack([u32(7), u32(8), u32(9)]))).toBe(2);
    expect(keysOf(outer)).toEqual([]);
  });

  test('an array is cleared by zeros, where it is not zero', () => {
    using map = BpfMap.create(spec('array', { maxEntries: 20_000 }));
    for (const key of [0, 1500, 19_999]) map.update(u32(key), u64(key + 1));
    expect(map.clear()).toBe(3);
    expect([0, 1500, 19_999].map((key) => numberOf(map.lookup(u32(key)) ?? u64(9)))).toEqual([0, 0, 0]);
    expect(map.clear()).toBe(0);
    using perCpu = BpfMap.create(spec('percpu-array', { maxEntries: 3000 }));
    const some = perCpu.lookupPerCpu(u32(0))?.map((_, cpu) => u64(cpu)) ?? [];
    perCpu.updatePerCpu(u32(2999), some);
    expect(perCpu.clear()).toBe(1);
    expect(perCpu.lookupPerCpu(u32(2999))?.map(numberOf)).toEqual(some.map(() => 0));
  });

  test('a trie is walked and cleared', () => {
    using map = BpfMap.create(spec('lpm-trie', { keySize: 8, maxEntries: 3000 }));
    for (const key of range(2500)) map.update(pack([u32(32), u32(key)]), u64(key));
    expect([...map.entries()].map(([, value]) => numberOf(value) ?? -1).sort((a, b) => a - b)).toEqual(range(2500));
    expect(map.clear()).toBe(2500);
  });

  test.each([
    ['hash', 4],
    ['lpm-trie', 8],
    ['devmap-hash', 4],
  ] as const)('a walk of a %s while it changes shows what stays, once', (type, keySize) => {
    const valueSize = type === 'devmap-hash' ? 4 : 8;
    using map = BpfMap.create(spec(type, { keySize, valueSize, maxEntries: 4000 }));
    const key = (number: number) => (type === 'lpm-trie' ? pack([u32(32), u32(number)]) : u32(number));
    const value = type === 'devmap-hash' ? u32(1) : u64(1);
    for (const number of range(2000)) map.update(key(number), value);
    const seen: number[] = [];
    for (const [bytes] of map.entries()) {
      const number = numberOf(bytes.subarray(keySize - 4)) ?? -1;
      seen.push(number);
      // Every other entry goes as soon as it was seen, and new ones come.
      if (number < 2000 && number % 2 === 1) {
        map.delete(bytes);
        map.update(key(number + 2000), value);
      }
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((number) => number < 2000 && number % 2 === 0).length).toBe(1000);
  });
});

describe('per-CPU maps', () => {
  test.each(['percpu-array', 'percpu-hash', 'lru-percpu-hash'] as const)('a %s holds a value for each CPU', (type) => {
    using map = BpfMap.create(spec(type, { valueSize: 12 }));
    const values = possibleCpus().map((cpu) => new Uint8Array(12).fill(cpu + 1));
    map.updatePerCpu(u32(3), values);
    expect(map.lookupPerCpu(u32(3))).toEqual(values);
    const entries = [...map.entriesPerCpu()].filter(([key]) => numberOf(key) === 3);
    expect(entries.map(([, all]) => all)).toEqual([values]);
    if (type !== 'percpu-array') expect(map.lookupPerCpu(u32(4))).toBeUndefined();
  });

  test('are not mistaken for maps with one value', () => {
    using perCpu = BpfMap.create(spec('percpu-array'));
    using plain = BpfMap.create(spec('array'));
    expect(() => perCpu.lookup(u32(0))).toThrow(/use lookupPerCpu\(\)/);
    expect(() => perCpu.update(u32(0), u64(1))).toThrow(/use updatePerCpu\(\)/);
    expect(() => perCpu.entries()).toThrow(/use entriesPerCpu\(\)/);
    expect(() => plain.lookupPerCpu(u32(0))).toThrow(/use lookup\(\)/);
    expect(() => perCpu.updatePerCpu(u32(0), [])).toThrow(/values of 8 bytes/);
  });
});

describe('shared memory', () => {
  test('an mmapable array is read and written without system calls', () => {
    using map = BpfMap.create(spec('array', { valueSize: 12, maxEntries: 1000, flags: ['mmapable'] }));
    using memory = map.mapMemory();
    expect(memory.length).toBe(Math.ceil(16_000 / pageSize()) * pageSize());
    map.update(u32(2), new Uint8Array(12).fill(9));
    expect(new Uint8Array(memory.buffer, 32, 13)).toEqual(Uint8Array.from([9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0]));
    new Uint8Array(memory.buffer).set([1, 2, 3], 48);
    expect(map.lookup(u32(3))?.subarray(0, 4)).toEqual(Uint8Array.from([1, 2, 3, 0]));
  });

  test('an array without the flag is refused', () => {
    using map = BpfMap.create(spec('array'));
    expect(() => map.mapMemory()).toThrow(/mmap for map "test-array" \(array\) failed/);
  });

  test('a frozen map takes no more changes', () => {
    using map = BpfMap.create(spec('array', { flags: ['read-only-for-programs'] }));
    map.update(u32(0), u64(1));
    map.freeze();
    expect(() => map.update(u32(0), u64(2))).toThrow(/EPERM/);
    expect(map.info().frozen).toBe(true);
  });
});

describe('maps of references', () => {
  test('inner maps are put in and replaced', () => {
    using outer = BpfMap.create(spec('hash-of-maps', { valueSize: 4, inner: spec('hash', { name: 'inner' }) }));
    using first = BpfMap.create(spec('hash', { name: 'first' }));
    using second = BpfMap.create(spec('hash', { name: 'second', maxEntries: 7 }));
    setInnerMap(outer, u32(1), first);
    expect(numberOf(outer.lookup(u32(1)))).toBe(first.info().id);
    setInnerMap(outer, u32(1), second);
    expect(numberOf(outer.lookup(u32(1)))).toBe(second.info().id);
    expect([...outer.entries()].length).toBe(1);
    using wrong = BpfMap.create(spec('array'));
    expect(() => setInnerMap(outer, u32(2), wrong)).toThrow(/EINVAL/);
  });

  test('an array of maps takes a given template', () => {
    using template = BpfMap.create(spec('array', { name: 'template' }));
    using outer = BpfMap.create(spec('array-of-maps', { valueSize: 4 }), { innerMap: template });
    setInnerMap(outer, u32(0), template);
    expect(numberOf(outer.lookup(u32(0)))).toBe(template.info().id);
    expect(() => BpfMap.create(spec('array-of-maps', { valueSize: 4 }))).toThrow(/has no inner map/);
  });

  test('program arrays, devmaps and cpumaps take what they refer to', () => {
    using programs = BpfMap.create(spec('prog-array', { valueSize: 4 }));
    using devices = BpfMap.create(spec('devmap', { valueSize: 8 }));
    using cpus = BpfMap.create(spec('cpumap', { valueSize: 4, maxEntries: possibleCpus().length }));
    using program = BpfProgram.load(assembleProgram('pass', 'xdp', 'r0 = 2\nexit'));
    setTailCall(programs, 5, program);
    expect(numberOf(programs.lookup(u32(5)))).toBe(program.info().id);
    expect(programs.delete(u32(5))).toBe(true);
    expect(programs.lookup(u32(5))).toBeUndefined();
    setDevice(devices, 0, 1);
    expect(numberOf(devices.lookup(u32(0)))).toBe(1);
    expect(() => setDevice(devices, 1, 99_999)).toThrow(/EINVAL/);
    setCpu(cpus, 0, 128);
    expect(numberOf(cpus.lookup(u32(0)))).toBe(128);
  });
});

describe('objects', () => {
  test('a map is found by its id and its pin, with its shape', () => {
    using map = BpfMap.create(spec('hash', { name: 'a-name_that.is-too-long', flags: ['no-prealloc'] }));
    map.update(u32(1), u64(42));
    const info = map.info();
    expect(info).toMatchObject({ name: 'a_name_that.is_', type: 'hash', keySize: 4, valueSize: 8, maxEntries: 64 });
    expect(info).toMatchObject({ flags: ['no-prealloc'], frozen: false });
    expect(info.memoryBytes).toBeGreaterThan(0);
    expect(mapIds()).toContain(info.id);
    using byId = BpfMap.fromId(info.id);
    expect(numberOf(byId.lookup(u32(1)))).toBe(42);
    map.pin(`${pins}/map`);
    using pinned = BpfMap.fromPin(`${pins}/map`);
    expect(pinned).toMatchObject({ type: 'hash', keySize: 4, valueSize: 8, maxEntries: 64, flags: ['no-prealloc'] });
    expect(numberOf(pinned.lookup(u32(1)))).toBe(42);
    expect(() => map.pin(`${pins}/map`)).toThrow(/bpf\(OBJ_PIN\) for map .* at .*EEXIST/);
    rmSync(`${pins}/map`);
    expect(() => BpfMap.fromPin(`${pins}/map`)).toThrow(/ENOENT/);
  });

  test('what is no map is refused without a leak', () => {
    using program = BpfProgram.load(assembleProgram('pass', 'xdp', 'r0 = 2\nexit'));
    program.pin(`${pins}/program`);
    expect(() => BpfMap.fromPin(`${pins}/program`)).toThrow();
    rmSync(`${pins}/program`);
  });

  test('an impossible shape names the map', () => {
    expect(() => BpfMap.create(spec('array', { keySize: 8 }))).toThrow(
      /bpf\(MAP_CREATE\) for map "test-array" \(array\) failed: EINVAL/,
    );
  });
});
