import type { MapSpec } from '@twinpath/ebpf';
import type { MapErrorCode, UpdateMode } from '../map-store.ts';
import type { Memory } from '../memory.ts';
import { Cells, Door, type EvaluatorMap, valueBytes } from './evaluator-map.ts';

/** array and percpu-array: every entry exists from the start, as zeros. Keys are 32-bit indexes, little endian. */
export class ArrayMap implements EvaluatorMap {
  readonly spec: MapSpec;
  readonly id: number;
  readonly #cpus: number;
  readonly #door: Door;
  /** Made when first looked at: arrays may be large. */
  readonly #elements = new Map<number, Cells>();

  constructor(spec: MapSpec, id: number, cpus: number) {
    this.spec = spec;
    this.id = id;
    this.#cpus = cpus;
    this.#door = new Door(spec, cpus);
  }

  get size(): number {
    return this.spec.maxEntries;
  }

  find(key: Uint8Array, cpu: number): Memory | undefined {
    return this.#element(key)?.cell(cpu);
  }

  put(key: Uint8Array, value: Uint8Array, mode: UpdateMode, cpu: number): MapErrorCode | undefined {
    return this.#replace(key, mode, (cells) => cells.cell(cpu).bytes.set(value));
  }

  remove(): MapErrorCode {
    return 'EINVAL';
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    this.#door.key('lookup', key);
    return this.#element(key)?.read();
  }

  update(key: Uint8Array, value: Uint8Array, mode: UpdateMode): void {
    this.#door.key('update', key);
    this.#door.value('update', value);
    this.#door.settle(
      'update',
      this.#replace(key, mode, (cells) => cells.write(value)),
    );
  }

  delete(key: Uint8Array): boolean {
    this.#door.key('delete', key);
    this.#door.settle('delete', this.remove());
    return false;
  }

  *entries(): Iterable<[Uint8Array, Uint8Array]> {
    for (let index = 0; index < this.spec.maxEntries; index++) {
      yield [
        Uint8Array.of(index, index >> 8, index >> 16, index >> 24),
        this.#elements.get(index)?.read() ?? new Uint8Array(valueBytes(this.spec, this.#cpus)),
      ];
    }
  }

  #replace(key: Uint8Array, mode: UpdateMode, fill: (cells: Cells) => void): MapErrorCode | undefined {
    const cells = this.#element(key);
    if (cells === undefined) return 'E2BIG';
    if (mode === 'new') return 'EEXIST';
    fill(cells);
    return undefined;
  }

  #element(key: Uint8Array): Cells | undefined {
    // Without a view: it would make a buffer for each key.
    const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = key;
    const index = (b0 | (b1 << 8) | (b2 << 16) | (b3 << 24)) >>> 0;
    return index < this.spec.maxEntries ? this.#at(index) : undefined;
  }

  #at(index: number): Cells {
    const known = this.#elements.get(index);
    if (known !== undefined) return known;
    const cells = new Cells(this.spec, this.#cpus);
    this.#elements.set(index, cells);
    return cells;
  }
}
