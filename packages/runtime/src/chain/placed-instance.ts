import type { InstanceHandle, StartOptions } from '../instance/instance-handle.ts';
import type { InstancePlaces } from '../instance-plane.ts';

/** An instance with its places in the chains that it is in, of which one has brought it along. */
export class PlacedInstance {
  readonly instance: InstanceHandle;
  readonly #places = new Map<string, InstancePlaces>();

  constructor(instance: InstanceHandle) {
    this.instance = instance;
  }

  /** In one chain; `undefined`: in none of its places. */
  placesIn(chain: string): InstancePlaces | undefined {
    return this.#places.get(chain);
  }

  start(config: unknown, chain: string, places: InstancePlaces, options: StartOptions): Promise<void> {
    this.#places.set(chain, places);
    return this.instance.start(config, this.#all(), options);
  }

  /** @throws what prevents it; everything is as it was then. */
  async place(chain: string, places: InstancePlaces | undefined): Promise<void> {
    const before = this.#places.get(chain);
    this.#set(chain, places);
    try {
      await this.instance.place(this.#all());
    } catch (error) {
      this.#set(chain, before);
      throw error;
    }
  }

  /** The chain needs it no more; it ends with the last one that does. */
  async leave(chain: string): Promise<void> {
    this.#places.delete(chain);
    if (this.#places.size === 0) await this.instance[Symbol.asyncDispose]();
    else await this.instance.place(this.#all());
  }

  #set(chain: string, places: InstancePlaces | undefined): void {
    if (places === undefined) this.#places.delete(chain);
    else this.#places.set(chain, places);
  }

  #all(): InstancePlaces {
    const all = [...this.#places.values()];
    return {
      placements: all.flatMap(({ placements }) => placements),
      ports: all.flatMap(({ ports }) => ports),
      beginnings: all.flatMap(({ beginnings }) => beginnings),
      arrays: Object.assign({}, ...all.map(({ arrays }) => arrays)),
      reasons: Object.assign({}, ...all.map(({ reasons }) => reasons)),
      specialise: all.some(({ specialise }) => specialise),
      fuses: all.flatMap(({ fuses = [] }) => fuses),
    };
  }
}

/** Old places and new ones, while both are in use. */
export function united(before: InstancePlaces | undefined, after: InstancePlaces): InstancePlaces {
  if (before === undefined) return after;
  const positions = new Set(after.placements.map(({ position }) => position));
  const names = new Set(after.ports.map(({ name }) => name));
  return {
    placements: [...after.placements, ...before.placements.filter(({ position }) => !positions.has(position))],
    // Ports keep their numbers, which are in tables.
    ports: [...after.ports, ...before.ports.filter(({ name }) => !names.has(name))],
    beginnings: after.beginnings,
    arrays: after.arrays,
    ...(after.reasons !== undefined && { reasons: after.reasons }),
    ...(after.specialise !== undefined && { specialise: after.specialise }),
    ...(after.fuses !== undefined && { fuses: after.fuses }),
  };
}
