import type { MapSpec } from '@twinpath/ebpf';
import type { MapErrorCode, UpdateMode } from '../map-store.ts';
import type { Memory } from '../memory.ts';
import { Cells, Door, type EvaluatorMap, isPerCpu, textOf } from './evaluator-map.ts';

interface Entry {
  readonly key: Uint8Array;
  readonly cells: Cells;
}

/** hash, lru-hash and their per-CPU kinds. A full LRU evicts exactly the entry used longest ago; the kernel's LRU does so
 *  only roughly, and may evict before it is full. */
export class HashMap implements EvaluatorMap {
  readonly spec: MapSpec;
  readonly id: number;
  readonly #cpus: number;
  readonly #door: Door;
  /** From the least to the most recently used. */
  readonly #entries = new Map<string, Entry>();

  constructor(spec: MapSpec, id: number, cpus: number) {
    this.spec = spec;
    this.id = id;
    this.#cpus = cpus;
    this.#door = new Door(spec, cpus);
  }

  get size(): number {
    return this.#entries.size;
  }

  find(key: Uint8Array, cpu: number): Memory | undefined {
    const text = textOf(key);
    const entry = this.#entries.get(text);
    if (entry !== undefined && this.#isLru()) this.#use(text, entry);
    return entry?.cells.cell(cpu);
  }

  put(key: Uint8Array, value: Uint8Array, mode: UpdateMode, cpu: number): MapErrorCode | undefined {
    return this.#insert(key, mode, (cells) => cells.cell(cpu).bytes.set(value));
  }

  remove(key: Uint8Array): MapErrorCode | undefined {
    return this.#entries.delete(textOf(key)) ? undefined : 'ENOENT';
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    this.#door.key('lookup', key);
    return this.#entries.get(textOf(key))?.cells.read();
  }

  update(key: Uint8Array, value: Uint8Array, mode: UpdateMode): void {
    this.#door.key('update', key);
    this.#door.value('update', value);
    this.#door.settle(
      'update',
      this.#insert(key, mode, (cells) => cells.write(value)),
    );
  }

  delete(key: Uint8Array): boolean {
    this.#door.key('delete', key);
    return this.remove(key) === undefined;
  }

  *entries(): Iterable<[Uint8Array, Uint8Array]> {
    for (const { key, cells } of [...this.#entries.values()]) yield [key.slice(), cells.read()];
  }

  #insert(key: Uint8Array, mode: UpdateMode, fill: (cells: Cells) => void): MapErrorCode | undefined {
    const text = textOf(key);
    const old = this.#entries.get(text);
    if (old !== undefined && mode === 'new') return 'EEXIST';
    if (old === undefined && mode === 'existing') return 'ENOENT';
    if (old === undefined && this.size >= this.spec.maxEntries && !this.#evict()) return 'E2BIG';
    // As in the kernel, a per-CPU value is written in place; any other entry is a new one, which live pointers do not see.
    const cells = old !== undefined && isPerCpu(this.spec) ? old.cells : new Cells(this.spec, this.#cpus);
    fill(cells);
    this.#use(text, { key: key.slice(), cells });
    return undefined;
  }

  #use(text: string, entry: Entry): void {
    this.#entries.delete(text);
    this.#entries.set(text, entry);
  }

  #isLru(): boolean {
    return this.spec.type.startsWith('lru');
  }

  #evict(): boolean {
    if (!this.#isLru()) return false;
    for (const text of this.#entries.keys()) return this.#entries.delete(text);
    return false;
  }
}
