import { BpfMap, type MapSpec } from '@twinpath/ebpf';
import type { MapStore, UpdateMode } from '../evaluate/map-store.ts';

const flags = { any: 'any', new: 'no-exist', existing: 'exist' } as const;

/** A map of the kernel, or of what does as the kernel. */
type BytesMap = Pick<
  BpfMap,
  'perCpu' | 'lookup' | 'lookupPerCpu' | 'update' | 'updatePerCpu' | 'delete' | 'entries' | 'entriesPerCpu'
>;

/** A map's raw bytes. Values that a per-CPU map rounds up are filled with zeros. */
export class KernelStore implements MapStore {
  readonly #map: BytesMap;
  readonly #spec: Pick<MapSpec, 'valueSize'>;

  constructor(map: BytesMap, spec: Pick<MapSpec, 'valueSize'>) {
    this.#map = map;
    this.#spec = spec;
  }

  get size(): number {
    return [...this.entries()].length;
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    if (!this.#map.perCpu) return this.#map.lookup(key);
    const values = this.#map.lookupPerCpu(key);
    return values && this.#joined(values);
  }

  update(key: Uint8Array, value: Uint8Array, mode: UpdateMode): void {
    if (!this.#map.perCpu) {
      this.#map.update(key, value, flags[mode]);
      return;
    }
    const stride = this.#stride();
    const values = Array.from({ length: value.length / stride }, (_, cpu) =>
      value.slice(cpu * stride, cpu * stride + this.#spec.valueSize),
    );
    this.#map.updatePerCpu(key, values, flags[mode]);
  }

  delete(key: Uint8Array): boolean {
    return this.#map.delete(key);
  }

  *entries(): Iterable<[Uint8Array, Uint8Array]> {
    if (!this.#map.perCpu) for (const [key, value] of this.#map.entries()) yield [key, value];
    else for (const [key, values] of this.#map.entriesPerCpu()) yield [key, this.#joined(values)];
  }

  #joined(values: readonly Uint8Array[]): Uint8Array {
    const joined = new Uint8Array(this.#stride() * values.length);
    for (const [cpu, value] of values.entries()) joined.set(value, cpu * this.#stride());
    return joined;
  }

  #stride(): number {
    return Math.ceil(this.#spec.valueSize / 8) * 8;
  }
}

/** How many values a per-CPU map holds for each key here. */
export function possibleCpus(): number {
  using map = BpfMap.create({ name: 'cpus', type: 'percpu-array', keySize: 4, valueSize: 8, maxEntries: 1 });
  return map.lookupPerCpu(new Uint8Array(4))?.length ?? 1;
}
