import type { FunctionPlan } from '@twinpath/vnf/plan';
import type { InstanceMaps } from '../tables/instance-maps.ts';
import { OverlayStore } from './overlay-store.ts';

/** The maps of a function as they would be. */
export class OverlayMaps implements InstanceMaps {
  readonly cpus: number;
  /** Nobody looks. */
  readonly graceMs = 0;
  readonly #base: InstanceMaps;
  readonly #limits: ReadonlyMap<string, { readonly maxEntries: number; readonly evicts: boolean }>;
  readonly #stores = new Map<string, OverlayStore>();

  constructor(base: InstanceMaps, { tables }: FunctionPlan) {
    this.#base = base;
    this.cpus = base.cpus;
    const maps = tables.flatMap(({ maps, overflow }) => (overflow === undefined ? maps : [...maps, overflow]));
    this.#limits = new Map(
      maps.map(({ name, type, maxEntries }) => [name, { maxEntries, evicts: type.startsWith('lru') }]),
    );
  }

  /** What was asked for, by name. */
  get stores(): ReadonlyMap<string, OverlayStore> {
    return this.#stores;
  }

  store(name: string): OverlayStore {
    const limits = this.#limits.get(name) ?? { maxEntries: Number.POSITIVE_INFINITY, evicts: false };
    const store = this.#stores.get(name) ?? new OverlayStore(this.#base.store(name), { name, ...limits });
    this.#stores.set(name, store);
    return store;
  }

  /** To read. */
  memory(name: string): Uint8Array {
    return this.#base.memory(name);
  }
}
