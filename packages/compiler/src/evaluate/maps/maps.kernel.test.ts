import { BpfMap, type MapSpec } from '@twinpath/ebpf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KernelStore, possibleCpus } from '../../fuzz/kernel-store.ts';
import type { MapStore, UpdateMode } from '../map-store.ts';
import { EvaluatorMaps } from './evaluator-maps.ts';

const cpus = possibleCpus();

interface Operation {
  readonly kind: UpdateMode | 'delete' | 'lookup';
  readonly key: number;
  readonly value: number;
}

const operations = fc.array(
  fc.record<Operation>({
    kind: fc.constantFrom('any', 'new', 'existing', 'delete', 'lookup'),
    key: fc.integer({ min: 0, max: 9 }),
    value: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 30 },
);

const spec = (type: MapSpec['type'], more: Partial<MapSpec> = {}): MapSpec => ({
  name: 'm',
  type,
  keySize: 4,
  valueSize: 12,
  maxEntries: 6,
  ...more,
});

const specs: Readonly<Record<string, MapSpec>> = {
  hash: spec('hash', { keySize: 7 }),
  'hash without preallocation': spec('hash', { flags: ['no-prealloc'] }),
  // Eviction is the kernel's own affair; there is room for all keys.
  'lru-hash': spec('lru-hash', { maxEntries: 512 }),
  array: spec('array'),
  'percpu-array': spec('percpu-array'),
  'percpu-hash': spec('percpu-hash'),
  'lru-percpu-hash': spec('lru-percpu-hash', { maxEntries: 512 }),
  'lpm-trie': spec('lpm-trie', { keySize: 8, flags: ['no-prealloc'] }),
};

function keyOf({ type, keySize }: MapSpec, key: number): Uint8Array {
  const bytes = new Uint8Array(keySize);
  // Prefixes of 0 to 36 bits, of which 32 exist; several keys differ only behind their prefix.
  if (type === 'lpm-trie') bytes.set([key * 4, 0, 0, 0, 10, key >> 1, key & 1]);
  else bytes[0] = key;
  return bytes;
}

/** What can be seen of an operation: its result, or the errno's name. */
function perform(store: MapStore, of: MapSpec, stored: number, { kind, key, value }: Operation): unknown {
  try {
    if (kind === 'lookup') return store.lookup(keyOf(of, key));
    if (kind === 'delete') return store.delete(keyOf(of, key));
    const bytes = Uint8Array.from({ length: stored }, (_, index) => (index % 16 < of.valueSize ? value + index : 0));
    return store.update(keyOf(of, key), bytes, kind);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error.code;
    throw error;
  }
}

const entriesOf = (store: MapStore): readonly string[] =>
  [...store.entries()].map(([key, value]) => `${key.join(' ')} = ${value.join(' ')}`).sort();

describe('maps of the evaluator', () => {
  it.each(Object.entries(specs))('%s: does what the kernel does', (_, of) => {
    const perCpu = of.type.includes('percpu');
    const stored = perCpu ? Math.ceil(of.valueSize / 8) * 8 * cpus : of.valueSize;
    fc.assert(
      fc.property(operations, (all) => {
        using map = BpfMap.create(of);
        const kernel = new KernelStore(map, of);
        const evaluator = new EvaluatorMaps([of], { cpus }).store('m');
        for (const operation of all) {
          expect(perform(evaluator, of, stored, operation)).toEqual(perform(kernel, of, stored, operation));
        }
        expect(entriesOf(evaluator)).toEqual(entriesOf(kernel));
        expect(evaluator.size).toBe(kernel.size);
      }),
      { numRuns: 60 },
    );
  });
});
