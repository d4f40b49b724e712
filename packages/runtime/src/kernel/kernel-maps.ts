import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MapStore } from '@twinpath/compiler';
import { BpfMap, type MapSpec } from '@twinpath/ebpf';
import { type MappedMemory, possibleCpus } from '@twinpath/linux';
import { nameOfPin, pinName } from '../host/paths.ts';
import type { Guard } from '../specialise/write-guard.ts';
import { ExactTrie } from '../tables/exact-trie.ts';
import type { InstanceMaps } from '../tables/instance-maps.ts';
import { findHeld, guardHeld, type HeldMap, type MapOwner, StagedMapSet } from '../tables/staged-map-set.ts';
import { WriteCollector } from '../tables/write-collector.ts';
import { CollectingStore } from './collecting-store.ts';
import { KernelStore } from './kernel-store.ts';

/** A program that began before a generation was left has ended after it: programs run for microseconds, and are not
 *  interrupted for longer than a scheduler's turn. */
const GRACE_MS = 50;

/** One map with the ways into it, made when they are asked for. */
class Held implements HeldMap {
  readonly spec: MapSpec;
  readonly map: BpfMap;
  readonly #writes: WriteCollector;
  #kernelStore: KernelStore | undefined;
  #store: MapStore | undefined;
  #guard: Guard | undefined;
  #mapped: MappedMemory | undefined;
  #memory: Uint8Array | undefined;

  constructor(spec: MapSpec, writes: WriteCollector, map = BpfMap.create(spec)) {
    this.spec = spec;
    this.map = map;
    this.#writes = writes;
  }

  get store(): MapStore {
    this.#store ??= this.#open();
    return this.#store;
  }

  #open(): MapStore {
    const { type } = this.map;
    const isHash = type === 'hash' || type === 'lru-hash';
    const store = isHash ? new CollectingStore(this.map, this.#writes) : new KernelStore(this.map);
    store.guard = this.#guard;
    this.#kernelStore = store;
    return type === 'lpm-trie' ? new ExactTrie(store) : store;
  }

  guardWrites(guard: Guard | undefined): void {
    this.#guard = guard;
    if (this.#kernelStore !== undefined) this.#kernelStore.guard = guard;
  }

  get memory(): Uint8Array {
    this.#mapped ??= this.map.mapMemory();
    this.#memory ??= new Uint8Array(this.#mapped.buffer, 0, this.spec.valueSize);
    return this.#memory;
  }

  [Symbol.dispose](): void {
    this.#mapped?.[Symbol.dispose]();
    this.map[Symbol.dispose]();
  }
}

/** The maps of one function in the kernel, pinned by their names in a directory. */
export class KernelMaps implements InstanceMaps, MapOwner<Held>, Disposable {
  readonly cpus = possibleCpus().length;
  readonly graceMs = GRACE_MS;
  readonly writes = new WriteCollector();
  readonly collect: () => void;
  readonly #directory: string;
  #held: ReadonlyMap<string, Held> = new Map();

  constructor(directory: string, collect = () => {}) {
    this.collect = collect;
    this.#directory = directory;
  }

  store(name: string): MapStore {
    return findHeld(this.#held, name).store;
  }

  memory(name: string): Uint8Array {
    return findHeld(this.#held, name).memory;
  }

  memoryBytes(): number {
    return [...this.#held.values()].reduce((sum, { map }) => sum + map.info().memoryBytes, 0);
  }

  map(name: string): BpfMap {
    return findHeld(this.#held, name).map;
  }

  /** `undefined`: there is no map of this name. */
  typeOf(name: string): MapSpec['type'] | undefined {
    return this.#held.get(name)?.spec.type;
  }

  create(spec: MapSpec): Held {
    return new Held(spec, this.writes);
  }

  stage(specs: readonly MapSpec[], fresh?: ReadonlySet<string>): StagedKernelMaps {
    return new StagedKernelMaps(this, this.#held, specs, fresh);
  }

  /** Goes on with the maps that are pinned, and what they hold. `false`: there are none. */
  adopt(): boolean {
    if (!existsSync(this.#directory)) return false;
    const held = new Map<string, Held>();
    for (const pin of readdirSync(this.#directory).filter((one) => !one.endsWith('+'))) {
      const map = BpfMap.fromPin(join(this.#directory, pin));
      const { type, keySize, valueSize, maxEntries } = map;
      const name = nameOfPin(pin);
      held.set(name, new Held({ name, type, keySize, valueSize, maxEntries }, this.writes, map));
    }
    this.#held = held;
    guardHeld(held);
    return held.size > 0;
  }

  /** Other maps under their names, first the new ones. Those before stay open. */
  install(held: ReadonlyMap<string, Held>): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    for (const [name, { map }] of held) if (this.#held.get(name)?.map !== map) this.#pin(name, map);
    for (const name of this.#held.keys()) if (!held.has(name)) rmSync(this.#pinPath(name), { force: true });
    this.#held = held;
    guardHeld(held);
  }

  [Symbol.dispose](): void {
    for (const held of this.#held.values()) held[Symbol.dispose]();
    this.#held = new Map();
  }

  /** In one step, so that a map is always to be found under its name. */
  #pin(name: string, map: BpfMap): void {
    const path = this.#pinPath(name);
    rmSync(`${path}+`, { force: true });
    map.pin(`${path}+`);
    renameSync(`${path}+`, path);
  }

  #pinPath(name: string): string {
    return join(this.#directory, pinName(name));
  }
}

/** Of the kernel. */
export class StagedKernelMaps extends StagedMapSet<Held> {}
