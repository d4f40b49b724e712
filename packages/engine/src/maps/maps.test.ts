import type { MapSpec } from '@twinpath/ebpf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../engine.ts';
import type { EngineMap } from './engine-map.ts';

/** What a map must do, on plain text. */
interface Model {
  update(key: string, value: string, flag: 'any' | 'no-exist' | 'exist'): string;
  delete(key: string): boolean;
  readonly entries: ReadonlyMap<string, string>;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

class HashModel implements Model {
  readonly entries = new Map<string, string>();
  readonly #max: number;
  readonly #full: string;

  constructor(max: number, full: string) {
    this.#max = max;
    this.#full = full;
  }

  update(key: string, value: string, flag: 'any' | 'no-exist' | 'exist'): string {
    const exists = this.entries.has(key);
    if (exists && flag === 'no-exist') return 'EEXIST';
    if (!exists && flag === 'exist') return 'ENOENT';
    if (!exists && this.entries.size >= this.#max) return this.#full;
    this.entries.set(key, value);
    return 'done';
  }

  delete(key: string): boolean {
    return this.entries.delete(key);
  }
}

type Step =
  | {
      readonly kind: 'update';
      readonly key: Uint8Array;
      readonly value: Uint8Array;
      readonly flag: 'any' | 'no-exist' | 'exist';
    }
  | { readonly kind: 'delete'; readonly key: Uint8Array };

function steps(key: fc.Arbitrary<Uint8Array>, valueSize: number): fc.Arbitrary<Step[]> {
  const value = fc.uint8Array({ minLength: valueSize, maxLength: valueSize });
  const flag = fc.constantFrom('any' as const, 'any' as const, 'no-exist' as const, 'exist' as const);
  const update = fc.record({ kind: fc.constant('update' as const), key, value, flag });
  const remove = fc.record({ kind: fc.constant('delete' as const), key });
  return fc.array(fc.oneof({ weight: 3, arbitrary: update }, { weight: 2, arbitrary: remove }), { maxLength: 120 });
}

function outcome(run: () => unknown): string {
  try {
    run();
    return 'done';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

function follow(map: EngineMap, model: Model, taken: readonly Step[]): void {
  for (const step of taken) {
    const key = hex(step.key);
    if (step.kind === 'delete') expect(map.delete(step.key)).toBe(model.delete(key));
    else {
      const wanted = model.update(key, hex(step.value), step.flag);
      expect(outcome(() => map.update(step.key, step.value, step.flag))).toBe(wanted);
    }
    expect(map.size).toBe(model.entries.size);
  }
  const found = [...map.entries()].map(([key, value]) => [hex(key), hex(value)] as const).sort();
  expect(found).toEqual([...model.entries].sort());
  for (const [key, value] of model.entries)
    expect(hex(map.lookup(Buffer.from(key, 'hex')) ?? new Uint8Array())).toBe(value);
}

const fewKeys = (size: number) =>
  fc.tuple(fc.nat(12), fc.nat(1)).map(([first, last]) => {
    const key = new Uint8Array(size);
    key[0] = first;
    key[size - 1] = (key[size - 1] ?? 0) + last;
    return key;
  });

/** A length, and an address all of whose bits behind it are 0: what tells two of them apart is the prefix. */
const prefixes = (bytes: number) =>
  fc.tuple(fc.nat(8 * bytes), fc.constantFrom(0, 0xa5, 0xff), fc.nat(3)).map(([length, fill, last]) => {
    const key = new Uint8Array(4 + bytes).fill(fill, 4);
    if (length === 8 * bytes) key[key.length - 1] = last;
    key[0] = length;
    for (let bit = length; bit < 8 * bytes; bit++) {
      const at = 4 + (bit >> 3);
      key[at] = (key[at] ?? 0) & ~(0x80 >> (bit & 7));
    }
    return key;
  });

describe.each([false, true])('maps do what a plain table does, shared: %s', (shared) => {
  const engine = new Engine({ bytes: 2 << 20, shared });
  for (const [keySize, valueSize] of [
    [1, 1],
    [4, 8],
    [7, 3],
    [16, 24],
    [40, 200],
  ] as const) {
    it(`hash with keys of ${keySize} and values of ${valueSize} bytes`, () => {
      fc.assert(
        fc.property(steps(fewKeys(keySize), valueSize), (taken) => {
          using map = engine.createMap({ name: 'map', type: 'hash', keySize, valueSize, maxEntries: 9 });
          follow(map, new HashModel(9, 'E2BIG'), taken);
        }),
        { numRuns: 60 },
      );
    });
  }

  for (const bytes of [1, 3, 4, 8, 11, 16]) {
    it(`lpm-trie with addresses of ${bytes} bytes`, () => {
      const spec: MapSpec = { name: 'trie', type: 'lpm-trie', keySize: 4 + bytes, valueSize: 4, maxEntries: 12 };
      fc.assert(
        fc.property(steps(prefixes(bytes), 4), fc.array(prefixes(bytes), { maxLength: 20 }), (taken, asked) => {
          using map = engine.createMap(spec);
          const model = new HashModel(12, 'ENOSPC');
          for (const step of taken) {
            const key = hex(step.key);
            if (step.kind === 'delete') expect(map.delete(step.key)).toBe(model.delete(key));
            else {
              const wanted = model.update(key, hex(step.value), step.flag);
              expect(outcome(() => map.update(step.key, step.value, step.flag))).toBe(wanted);
            }
          }
          const found = [...map.entries()].map(([key, value]) => [hex(key), hex(value)] as const).sort();
          expect(found).toEqual([...model.entries].sort());
          for (const key of asked) {
            const value = map.lookup(key);
            expect(value && hex(value)).toBe(longest(model.entries, key));
          }
        }),
        { numRuns: 60 },
      );
    });
  }

  it('lru-hash keeps its bound, and what was just put in', () => {
    using map = engine.createMap({ name: 'lru', type: 'lru-hash', keySize: 4, valueSize: 4, maxEntries: 16 });
    for (let number = 0; number < 500; number++) {
      const key = new Uint8Array(Uint32Array.of(number).buffer);
      map.update(key, key);
      expect(map.lookup(key)).toEqual(key);
      expect(map.size).toBe(Math.min(number + 1, 16));
    }
    expect([...map.entries()].length).toBe(16);
  });

  it('gives memory back', () => {
    const before = engine.available;
    engine.createMap({ name: 'large', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1000 })[Symbol.dispose]();
    expect(engine.available).toBe(before);
    expect(() =>
      engine.createMap({ name: 'vast', type: 'array', keySize: 4, valueSize: 8, maxEntries: 1 << 20 }),
    ).toThrow('map "vast" (array) needs');
  });
});

function longest(entries: ReadonlyMap<string, string>, key: Uint8Array): string | undefined {
  const limit = key[0] ?? 0;
  const bits = (bytes: Uint8Array) => [...bytes.subarray(4)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const fitting = [...entries].filter(([other]) => {
    const entry = Buffer.from(other, 'hex');
    const length = entry[0] ?? 0;
    return length <= limit && bits(entry).slice(0, length) === bits(key).slice(0, length);
  });
  return fitting.sort(([a], [b]) => Number.parseInt(b.slice(0, 2), 16) - Number.parseInt(a.slice(0, 2), 16))[0]?.[1];
}

describe('per-CPU maps', () => {
  it.each(['percpu-array', 'percpu-hash'] as const)('%s has a value for each CPU', (type) => {
    const engine = new Engine({ bytes: 1 << 20, cpus: 3 });
    const map = engine.createMap({ name: 'cells', type, keySize: 4, valueSize: 12, maxEntries: 2 });
    const key = Uint8Array.of(1, 0, 0, 0);
    const values = [1, 2, 3].map((fill) => new Uint8Array(12).fill(fill));
    map.updatePerCpu(key, values);
    expect(map.lookupPerCpu(key)).toEqual(values);
    expect([...map.entriesPerCpu()].at(-1)).toEqual([key, values]);
    expect(() => map.lookup(key)).toThrow('use lookupPerCpu');
  });
});
