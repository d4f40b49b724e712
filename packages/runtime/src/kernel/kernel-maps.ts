import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MapStore } from '@twinpath/compiler';
import { BpfMap, type MapSpec } from '@twinpath/ebpf';
import { type MappedMemory, possibleCpus } from '@twinpath/linux';
import type { StagedMaps } from '../data-plane.ts';
import { nameOfPin, pinName } from '../host/paths.ts';
import { ExactTrie } from '../tables/exact-trie.ts';
import type { InstanceMaps } from '../tables/instance-maps.ts';
import { WriteCollector } from '../tables/write-collector.ts';
import { CollectingStore } from './collecting-store.ts';
import { KernelStore } from './kernel-store.ts';

/** A program that began before a generation was left has ended after it: programs run for microseconds, and are not
 *  interrupted for longer than a scheduler's turn. */
const GRACE_MS = 50;

/** One map with the ways into it, made when they are asked for. */
class Held implements Disposable {
  readonly spec: MapSpec;
  readonly map: BpfMap;
  #store: MapStore | undefined;
  #mapped: MappedMemory | undefined;
  #memory: Uint8Array | undefined;

  constructor(spec: MapSpec, map = BpfMap.create(spec)) {
    this.spec = spec;
    this.map = map;
  }

  store(writes: WriteCollector): MapStore {
    this.#store ??= this.#open(writes);
    return this.#store;
  }

  #open(writes: WriteCollector): MapStore {
    const { type } = this.map;
    if (type === 'hash' || type === 'lru-hash') return new CollectingStore(this.map, writes);
    const store = new KernelStore(this.map);
    return type === 'lpm-trie' ? new ExactTrie(store) : store;
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
export class KernelMaps implements InstanceMaps, Disposable {
  readonly cpus = possibleCpus().length;
  readonly graceMs = GRACE_MS;
  readonly writes = new WriteCollector();
  readonly #directory: string;
  #held: ReadonlyMap<string, Held> = new Map();

  constructor(directory: string) {
    this.#directory = directory;
  }

  store(name: string): MapStore {
    return this.#get(name).store(this.writes);
  }

  memory(name: string): Uint8Array {
    return this.#get(name).memory;
  }

  map(name: string): BpfMap {
    return this.#get(name).map;
  }

  /** `undefined`: there is no map of this name. */
  typeOf(name: string): MapSpec['type'] | undefined {
    return this.#held.get(name)?.spec.type;
  }

  stage(specs: readonly MapSpec[], fresh: ReadonlySet<string> = new Set()): StagedKernelMaps {
    const present = new Map([...this.#held].filter(([name]) => !fresh.has(name)));
    return new StagedKernelMaps(this, { all: this.#held, present }, specs);
  }

  /** Goes on with the maps that are pinned, and what they hold. `false`: there are none. */
  adopt(): boolean {
    if (!existsSync(this.#directory)) return false;
    const held = new Map<string, Held>();
    for (const pin of readdirSync(this.#directory).filter((one) => !one.endsWith('+'))) {
      const map = BpfMap.fromPin(join(this.#directory, pin));
      const { type, keySize, valueSize, maxEntries } = map;
      const name = nameOfPin(pin);
      held.set(name, new Held({ name, type, keySize, valueSize, maxEntries }, map));
    }
    this.#held = held;
    return held.size > 0;
  }

  /** Other maps under their names, first the new ones. Those before stay open. */
  install(held: ReadonlyMap<string, Held>): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    for (const [name, { map }] of held) if (this.#held.get(name)?.map !== map) this.#pin(name, map);
    for (const name of this.#held.keys()) if (!held.has(name)) rmSync(this.#pinPath(name), { force: true });
    this.#held = held;
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

  #get(name: string): Held {
    return find(this.#held, name);
  }
}

/** Present maps whose spec stays, and new ones. */
export class StagedKernelMaps implements StagedMaps {
  readonly maps: InstanceMaps;
  readonly #owner: KernelMaps;
  readonly #before: ReadonlyMap<string, Held>;
  /** Of those before, what may be taken over. */
  readonly #present: ReadonlyMap<string, Held>;
  readonly #held = new Map<string, Held>();
  #state: 'staged' | 'installed' | 'committed' = 'staged';

  constructor(
    owner: KernelMaps,
    { all, present }: Readonly<Record<'all' | 'present', ReadonlyMap<string, Held>>>,
    specs: readonly MapSpec[],
  ) {
    this.#owner = owner;
    this.#before = all;
    this.#present = present;
    try {
      for (const spec of specs) this.#held.set(spec.name, this.#takeOver(spec) ?? new Held(spec));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    const { cpus, graceMs, writes } = owner;
    this.maps = {
      cpus,
      graceMs,
      writes,
      store: (name) => find(this.#held, name).store(writes),
      memory: (name) => find(this.#held, name).memory,
    };
  }

  /** By the names of their specs, for programs. */
  get byName(): Readonly<Record<string, BpfMap>> {
    return Object.fromEntries([...this.#held].map(([name, { map }]) => [name, map]));
  }

  isFresh(name: string): boolean {
    return this.#present.get(name) !== find(this.#held, name);
  }

  install(): void {
    // Before the attempt: half of it has to be taken back too.
    this.#state = 'installed';
    this.#owner.install(this.#held);
  }

  commit(): void {
    this.#state = 'committed';
    disposeOthers(this.#before, this.#held);
  }

  [Symbol.dispose](): void {
    if (this.#state === 'committed') return;
    if (this.#state === 'installed') this.#owner.install(this.#before);
    this.#state = 'committed';
    disposeOthers(this.#held, this.#before);
  }

  #takeOver(spec: MapSpec): Held | undefined {
    const present = this.#present.get(spec.name);
    return present !== undefined && hasShape(present.map, spec) ? present : undefined;
  }
}

/** All else follows from the function, which is the same. */
function hasShape(map: BpfMap, { type, keySize, valueSize, maxEntries }: MapSpec): boolean {
  return map.type === type && map.keySize === keySize && map.valueSize === valueSize && map.maxEntries === maxEntries;
}

function disposeOthers(held: ReadonlyMap<string, Held>, except: ReadonlyMap<string, Held>): void {
  for (const [name, one] of held) if (except.get(name) !== one) one[Symbol.dispose]();
}

function find(held: ReadonlyMap<string, Held>, name: string): Held {
  const found = held.get(name);
  if (found === undefined) throw new RangeError(`the function has no map "${name}"`);
  return found;
}
