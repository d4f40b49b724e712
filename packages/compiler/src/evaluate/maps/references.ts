import type { MapSpec } from '@twinpath/ebpf';
import type { MapErrorCode, UpdateMode } from '../map-store.ts';
import { Memory } from '../memory.ts';
import { Door, type EvaluatorMap, textOf } from './evaluator-map.ts';

/** Maps whose values stand for kernel objects by number: prog-array, maps of maps, devmap, cpumap, xskmap. Programs read them
 *  through helpers and never write them. Array kinds have indexes as keys, but entries that can be absent. */
export class ReferenceMap implements EvaluatorMap {
  readonly spec: MapSpec;
  readonly id: number;
  readonly #door: Door;
  readonly #entries = new Map<string, { readonly key: Uint8Array; readonly memory: Memory }>();

  constructor(spec: MapSpec, id: number, cpus: number) {
    this.spec = spec;
    this.id = id;
    this.#door = new Door(spec, cpus);
  }

  get size(): number {
    return this.#entries.size;
  }

  find(key: Uint8Array): Memory | undefined {
    return this.#entries.get(textOf(key))?.memory;
  }

  put(): MapErrorCode {
    return 'EINVAL';
  }

  remove(): MapErrorCode {
    return 'EINVAL';
  }

  /** The number in the entry. */
  reference(key: Uint8Array): number | undefined {
    return this.find(key)?.view.getUint32(0, true);
  }

  lookup(key: Uint8Array): Uint8Array | undefined {
    this.#door.key('lookup', key);
    return this.find(key)?.bytes.slice();
  }

  update(key: Uint8Array, value: Uint8Array, mode: UpdateMode): void {
    this.#door.key('update', key);
    this.#door.value('update', value);
    this.#door.settle('update', this.#set(key, value, mode));
  }

  delete(key: Uint8Array): boolean {
    this.#door.key('delete', key);
    return this.#entries.delete(textOf(key));
  }

  *entries(): Iterable<[Uint8Array, Uint8Array]> {
    for (const { key, memory } of [...this.#entries.values()]) yield [key.slice(), memory.bytes.slice()];
  }

  #set(key: Uint8Array, value: Uint8Array, mode: UpdateMode): MapErrorCode | undefined {
    const text = textOf(key);
    const exists = this.#entries.has(text);
    if (!this.#isHash() && new DataView(key.buffer, key.byteOffset).getUint32(0, true) >= this.spec.maxEntries)
      return 'E2BIG';
    if (exists && mode === 'new') return 'EEXIST';
    if (!exists && mode === 'existing') return 'ENOENT';
    if (!exists && this.#entries.size >= this.spec.maxEntries) return 'E2BIG';
    const memory = new Memory(`a value of map "${this.spec.name}"`, value.slice(), { writable: false });
    this.#entries.set(text, { key: key.slice(), memory });
    return undefined;
  }

  #isHash(): boolean {
    return this.spec.type === 'devmap-hash' || this.spec.type === 'hash-of-maps';
  }
}
