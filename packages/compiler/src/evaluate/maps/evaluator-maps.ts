import type { MapSpec } from '@twinpath/ebpf';
import type { MapStore } from '../map-store.ts';
import { ArrayMap } from './array.ts';
import type { EvaluatorMap } from './evaluator-map.ts';
import { HashMap } from './hash.ts';
import { LpmTrie } from './lpm-trie.ts';
import { ReferenceMap } from './references.ts';
import { RingBuffer } from './ring-buffer.ts';

export interface EvaluatorMapsOptions {
  /** Number of CPUs that per-CPU maps have values for; 1 unless said. */
  readonly cpus?: number;
}

type AnyMap = EvaluatorMap | RingBuffer;

/** The maps of programs, living in this process: what the kernel holds for loaded ones. */
export class EvaluatorMaps {
  readonly cpus: number;
  readonly #byName = new Map<string, AnyMap>();
  readonly #byId = new Map<number, AnyMap>();

  constructor(specs: Iterable<MapSpec>, { cpus = 1 }: EvaluatorMapsOptions = {}) {
    this.cpus = cpus;
    for (const spec of specs) {
      if (this.#byName.has(spec.name)) throw new RangeError(`two maps are called "${spec.name}"`);
      this.#byName.set(spec.name, this.create(spec));
    }
  }

  /** A map without a name among the programs' maps: an inner map, to be put into a map of maps by its `id`. */
  create(spec: MapSpec): AnyMap {
    const map = this.#make(spec, this.#byId.size + 1);
    this.#byId.set(map.id, map);
    return map;
  }

  get(name: string): AnyMap {
    const map = this.#byName.get(name);
    if (map === undefined)
      throw new RangeError(`there is no map "${name}"; there are ${[...this.#byName.keys()].join(', ') || 'none'}`);
    return map;
  }

  byId(id: number): AnyMap | undefined {
    return this.#byId.get(id);
  }

  store(name: string): MapStore {
    const map = this.get(name);
    if (map instanceof RingBuffer) throw new TypeError(`"${name}" is a ring buffer, which holds records, not entries`);
    return map;
  }

  ring(name: string): RingBuffer {
    const map = this.get(name);
    if (!(map instanceof RingBuffer))
      throw new TypeError(`"${name}" is a map of type ${map.spec.type}, not a ring buffer`);
    return map;
  }

  #make(spec: MapSpec, id: number): AnyMap {
    switch (spec.type) {
      case 'hash':
      case 'percpu-hash':
      case 'lru-hash':
      case 'lru-percpu-hash':
        return new HashMap(spec, id, this.cpus);
      case 'array':
      case 'percpu-array':
        return new ArrayMap(spec, id, this.cpus);
      case 'lpm-trie':
        return new LpmTrie(spec, id, this.cpus);
      case 'ringbuf':
        return new RingBuffer(spec, id);
      case 'prog-array':
      case 'array-of-maps':
      case 'hash-of-maps':
      case 'devmap':
      case 'devmap-hash':
      case 'cpumap':
      case 'xskmap':
        return new ReferenceMap(spec, id, this.cpus);
    }
  }
}
