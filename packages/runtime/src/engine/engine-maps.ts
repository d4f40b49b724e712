import type { MapStore } from '@twinpath/compiler';
import type { MapSpec } from '@twinpath/ebpf';
import type { Engine, EngineMap } from '@twinpath/engine';
import { KernelStore } from '../kernel/kernel-store.ts';
import type { Guard } from '../specialise/write-guard.ts';
import { ExactTrie } from '../tables/exact-trie.ts';
import type { InstanceMaps } from '../tables/instance-maps.ts';
import { findHeld, guardHeld, type HeldMap, type MapOwner, StagedMapSet } from '../tables/staged-map-set.ts';

/** Who gives out an engine's maps. */
export interface MapSource {
  /** @throws EngineError when the engine's memory is used up. */
  create(spec: MapSpec): EngineMap;
  release(map: EngineMap): void;
  /** These are the function's maps from now on, for those who come after it. */
  install(maps: ReadonlyMap<string, EngineMap>): void;
}

/** An engine's own, for who has it alone. */
export const mapsOf = (engine: Engine): MapSource => ({
  create: (spec) => engine.createMap(spec),
  release: (map) => map[Symbol.dispose](),
  install() {},
});

/** One map with the ways into it. */
class Held implements HeldMap {
  readonly map: EngineMap;
  readonly #release: (map: EngineMap) => void;
  #kernelStore: KernelStore | undefined;
  #store: MapStore | undefined;
  #guard: Guard | undefined;

  constructor(map: EngineMap, release: (map: EngineMap) => void) {
    this.map = map;
    this.#release = release;
  }

  get store(): MapStore {
    this.#store ??= this.#open();
    return this.#store;
  }

  guardWrites(guard: Guard | undefined): void {
    this.#guard = guard;
    if (this.#kernelStore !== undefined) this.#kernelStore.guard = guard;
  }

  get memory(): Uint8Array {
    return this.map.memory().subarray(0, this.map.valueSize);
  }

  [Symbol.dispose](): void {
    this.#release(this.map);
  }

  #open(): MapStore {
    const store = new KernelStore(this.map);
    store.guard = this.#guard;
    this.#kernelStore = store;
    return this.map.type === 'lpm-trie' ? new ExactTrie(store) : store;
  }
}

/** Of an engine. */
export class StagedEngineMaps extends StagedMapSet<Held> {}

export interface EngineMapsOptions {
  readonly cpus: number;
  /** For which bursts that other threads run may see what has been changed; default 0. */
  readonly graceMs?: number;
  readonly source: MapSource;
}

/** The maps of one function in the memory of an engine. */
export class EngineMaps implements InstanceMaps, MapOwner<Held>, Disposable {
  readonly cpus: number;
  readonly graceMs: number;
  readonly #source: MapSource;
  #held: ReadonlyMap<string, Held> = new Map();

  constructor({ cpus, graceMs = 0, source }: EngineMapsOptions) {
    this.cpus = cpus;
    this.graceMs = graceMs;
    this.#source = source;
  }

  /** Those of an engine that nobody else uses. @throws EngineError when its memory is used up. */
  static in(engine: Engine, specs: readonly MapSpec[]): EngineMaps {
    const maps = new EngineMaps({ cpus: engine.cpus, source: mapsOf(engine) });
    const staged = maps.stage(specs);
    staged.install();
    staged.commit();
    return maps;
  }

  /** By the names of their specs, for programs. */
  get byName(): Readonly<Record<string, EngineMap>> {
    return Object.fromEntries([...this.#held].map(([name, { map }]) => [name, map]));
  }

  store(name: string): MapStore {
    return findHeld(this.#held, name).store;
  }

  memory(name: string): Uint8Array {
    return findHeld(this.#held, name).memory;
  }

  map(name: string): EngineMap {
    return findHeld(this.#held, name).map;
  }

  /** `undefined`: there is no map of this name. */
  typeOf(name: string): MapSpec['type'] | undefined {
    return this.#held.get(name)?.map.type;
  }

  create(spec: MapSpec): Held {
    return this.#hold(this.#source.create(spec));
  }

  /** Goes on with maps that there are, and what they hold. `false`: there are none. */
  adopt(maps: ReadonlyMap<string, EngineMap>): boolean {
    this.#held = new Map([...maps].map(([name, map]) => [name, this.#hold(map)] as const));
    return maps.size > 0;
  }

  stage(specs: readonly MapSpec[], fresh?: ReadonlySet<string>): StagedEngineMaps {
    return new StagedEngineMaps(this, this.#held, specs, fresh);
  }

  install(held: ReadonlyMap<string, Held>): void {
    this.#source.install(new Map([...held].map(([name, { map }]) => [name, map] as const)));
    this.#held = held;
    guardHeld(held);
  }

  [Symbol.dispose](): void {
    for (const held of this.#held.values()) held[Symbol.dispose]();
    this.#held = new Map();
  }

  #hold(map: EngineMap): Held {
    return new Held(map, (one) => this.#source.release(one));
  }
}
