import type { MapStore } from '@twinpath/compiler';
import { frontMap, mapBehind, STATE } from '@twinpath/compiler/abi';
import type { MapSpec } from '@twinpath/ebpf';
import type { StagedMaps } from '../data-plane.ts';
import { type Guard, WriteGuard, WriteNote } from '../specialise/write-guard.ts';
import type { InstanceMaps } from './instance-maps.ts';

/** One map of a data plane with the ways into it. */
export interface HeldMap extends Disposable {
  readonly map: Pick<MapSpec, 'type' | 'keySize' | 'valueSize' | 'maxEntries'>;
  readonly store: MapStore;
  /** Of element 0 of an array. */
  readonly memory: Uint8Array;
  /** Around each write from now on; `undefined`: nothing stands in front of it. */
  guardWrites(guard: Guard | undefined): void;
}

/** What stands in front of maps, and who remembers what was in them, is told of each write. */
export function guardHeld(held: ReadonlyMap<string, HeldMap>): void {
  const state = held.get(STATE.map);
  const note = state && new WriteNote(state.memory);
  // Somebody may have been ended between a write and its note.
  note?.note();
  for (const [name, one] of held) {
    const front = held.get(frontMap({ name }));
    const guard = front && new WriteGuard(front.memory);
    one.guardWrites(guard === undefined || note === undefined ? (guard ?? note) : both(note, guard));
  }
}

const both = (outer: Guard, inner: Guard): Guard => ({ around: (write) => outer.around(() => inner.around(write)) });

/** Maps by name, whose place others can take. */
export interface MapOwner<Held extends HeldMap> extends Pick<InstanceMaps, 'cpus' | 'graceMs' | 'writes'> {
  create(spec: MapSpec): Held;
  /** Other maps under their names; those before stay. */
  install(held: ReadonlyMap<string, Held>): void;
}

/** Present maps whose spec stays, and new ones. */
export class StagedMapSet<Held extends HeldMap> implements StagedMaps {
  readonly maps: InstanceMaps;
  readonly #owner: MapOwner<Held>;
  readonly #before: ReadonlyMap<string, Held>;
  /** Of those before, what may be taken over. */
  readonly #present: ReadonlyMap<string, Held>;
  readonly #held = new Map<string, Held>();
  #state: 'staged' | 'installed' | 'committed' = 'staged';

  /** `fresh`: names of those that are not taken over. */
  constructor(
    owner: MapOwner<Held>,
    before: ReadonlyMap<string, Held>,
    specs: readonly MapSpec[],
    fresh: ReadonlySet<string> = new Set(),
  ) {
    this.#owner = owner;
    this.#before = before;
    this.#present = new Map([...before].filter(([name]) => !fresh.has(name)));
    try {
      for (const spec of specs) this.#held.set(spec.name, this.#takeOver(spec) ?? owner.create(spec));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    const { cpus, graceMs, writes } = owner;
    this.maps = {
      cpus,
      graceMs,
      ...(writes !== undefined && { writes }),
      store: (name) => findHeld(this.#held, name).store,
      memory: (name) => findHeld(this.#held, name).memory,
    };
  }

  /** By the names of their specs, for programs. */
  get byName(): Readonly<Record<string, Held['map']>> {
    return Object.fromEntries([...this.#held].map(([name, { map }]) => [name, map]));
  }

  isFresh(name: string): boolean {
    return this.#present.get(name) !== findHeld(this.#held, name);
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
    // What stands in front of another map is a copy of that one's entries.
    const behind = mapBehind(spec.name);
    if (behind !== undefined && this.#held.get(behind) !== this.#present.get(behind)) return undefined;
    return present !== undefined && hasShape(present.map, spec) ? present : undefined;
  }
}

/** All else follows from the function, which is the same. */
function hasShape(map: HeldMap['map'], { type, keySize, valueSize, maxEntries }: MapSpec): boolean {
  return map.type === type && map.keySize === keySize && map.valueSize === valueSize && map.maxEntries === maxEntries;
}

function disposeOthers<Held extends HeldMap>(held: ReadonlyMap<string, Held>, except: ReadonlyMap<string, Held>): void {
  for (const [name, one] of held) if (except.get(name) !== one) one[Symbol.dispose]();
}

/** @throws RangeError */
export function findHeld<Held>(held: ReadonlyMap<string, Held>, name: string): Held {
  const found = held.get(name);
  if (found === undefined) throw new RangeError(`the function has no map "${name}"`);
  return found;
}
