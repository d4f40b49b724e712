import type { MapStore } from '@twinpath/compiler';
import type { MapSpec } from '@twinpath/ebpf';
import type { Engine, EngineMap } from '@twinpath/engine';
import { KernelStore } from '../kernel/kernel-store.ts';
import { ExactTrie } from '../tables/exact-trie.ts';
import type { InstanceMaps } from '../tables/instance-maps.ts';
import { findHeld, type HeldMap, type MapOwner, StagedMapSet } from '../tables/staged-map-set.ts';

/** One map with the ways into it. */
class Held implements HeldMap {
  readonly map: EngineMap;
  #store: MapStore | undefined;
  /** Instances that have it: one and the one that follows it, for a while. */
  #users = 1;

  constructor(map: EngineMap) {
    this.map = map;
  }

  /** For one more. */
  shared(): this {
    this.#users++;
    return this;
  }

  get store(): MapStore {
    this.#store ??= this.#open();
    return this.#store;
  }

  get memory(): Uint8Array {
    return this.map.memory().subarray(0, this.map.valueSize);
  }

  [Symbol.dispose](): void {
    if (--this.#users === 0) this.map[Symbol.dispose]();
  }

  #open(): MapStore {
    const store = new KernelStore(this.map);
    return this.map.type === 'lpm-trie' ? new ExactTrie(store) : store;
  }
}

/** Of an engine. */
export class StagedEngineMaps extends StagedMapSet<Held> {}

/** The maps of one function in the memory of an engine. */
export class EngineMaps implements InstanceMaps, MapOwner<Held>, Disposable {
  readonly cpus: number;
  readonly graceMs: number;
  readonly #engine: Engine;
  #held: ReadonlyMap<string, Held> = new Map();

  /** `graceMs`: for which bursts that other threads run may see what has been changed. @throws EngineError when the engine's memory
   *  is used up. */
  constructor(engine: Engine, specs: readonly MapSpec[] = [], graceMs = 0) {
    this.cpus = engine.cpus;
    this.graceMs = graceMs;
    this.#engine = engine;
    const staged = this.stage(specs);
    staged.install();
    staged.commit();
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
    return new Held(this.#engine.createMap(spec));
  }

  /** Goes on with the maps of another instance, and what they hold; both have them then. */
  adopt(other: EngineMaps): void {
    this.#held = new Map([...other.#held].map(([name, one]) => [name, one.shared()] as const));
  }

  stage(specs: readonly MapSpec[], fresh?: ReadonlySet<string>): StagedEngineMaps {
    return new StagedEngineMaps(this, this.#held, specs, fresh);
  }

  install(held: ReadonlyMap<string, Held>): void {
    this.#held = held;
  }

  [Symbol.dispose](): void {
    for (const held of this.#held.values()) held[Symbol.dispose]();
    this.#held = new Map();
  }
}
