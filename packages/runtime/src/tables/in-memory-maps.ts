import type { EvaluatorMaps, MapStore } from '@twinpath/compiler';
import { ExactTrie } from './exact-trie.ts';
import { type InstanceMaps, indexKey } from './instance-maps.ts';

/** Maps of the evaluator, for tests and for tables that are prepared before there are others. */
export class InMemoryMaps implements InstanceMaps {
  readonly cpus: number;
  /** Nothing runs while Node writes. */
  readonly graceMs = 0;
  readonly #maps: EvaluatorMaps;
  readonly #tries = new Map<string, ExactTrie>();

  constructor(maps: EvaluatorMaps) {
    this.#maps = maps;
    this.cpus = maps.cpus;
  }

  store(name: string): MapStore {
    const store = this.#maps.store(name);
    if (this.#maps.get(name).spec.type !== 'lpm-trie') return store;
    const trie = this.#tries.get(name) ?? new ExactTrie(store);
    this.#tries.set(name, trie);
    return trie;
  }

  memory(name: string): Uint8Array {
    const map = this.#maps.get(name);
    const element = 'find' in map ? map.find(indexKey(0), 0) : undefined;
    if (element === undefined) throw new TypeError(`map "${name}" has no element 0`);
    return element.bytes;
  }
}
