import type { MapStore } from '@twinpath/compiler';
import type { MapSpec } from '@twinpath/ebpf';
import type { Engine, EngineMap } from '@twinpath/engine';
import { KernelStore } from '../kernel/kernel-store.ts';
import { ExactTrie } from '../tables/exact-trie.ts';
import type { InstanceMaps } from '../tables/instance-maps.ts';

/** The maps of one function in the memory of an engine. */
export class EngineMaps implements InstanceMaps, Disposable {
  readonly cpus: number;
  /** Bursts end before Node writes again, on this thread. */
  readonly graceMs = 0;
  /** By the names of their specs, for programs. */
  readonly byName: Readonly<Record<string, EngineMap>>;
  readonly #stores = new Map<string, MapStore>();

  /** @throws EngineError when the engine's memory is used up. */
  constructor(engine: Engine, specs: readonly MapSpec[]) {
    this.cpus = engine.cpus;
    using made = new DisposableStack();
    this.byName = Object.fromEntries(specs.map((spec) => [spec.name, made.use(engine.createMap(spec))]));
    made.move();
  }

  store(name: string): MapStore {
    const known = this.#stores.get(name);
    if (known !== undefined) return known;
    const map = this.map(name);
    const store = new KernelStore(map);
    const exact = map.type === 'lpm-trie' ? new ExactTrie(store) : store;
    this.#stores.set(name, exact);
    return exact;
  }

  memory(name: string): Uint8Array {
    const map = this.map(name);
    return map.memory().subarray(0, map.valueSize);
  }

  map(name: string): EngineMap {
    const map = this.byName[name];
    if (map === undefined) throw new RangeError(`the function has no map "${name}"`);
    return map;
  }

  [Symbol.dispose](): void {
    for (const map of Object.values(this.byName)) map[Symbol.dispose]();
  }
}
