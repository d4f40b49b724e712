// What leads packets through a chain, in the engine's memory: each thread that works with the engine can read it.

import { TRIPS_MAP } from '@twinpath/compiler/abi';
import type { Engine, EngineMap, MapImage } from '@twinpath/engine';
import type { Hook } from '@twinpath/vnf/chain';
import { POSITIONS } from '../kernel/path-arrays.ts';
import { indexKey } from '../tables/instance-maps.ts';

const HOOKS: readonly Hook[] = ['xdp', 'tcx-ingress', 'tcx-egress'];

/** Plain data. */
export interface PathsImage {
  readonly arrays: Readonly<Record<Hook, MapImage>>;
  readonly trips: MapImage;
  readonly roots: MapImage;
}

export class EnginePaths implements Disposable {
  /** How often what runs on a CPU was sent again (compiler/abi/trips.ts). */
  readonly trips: EngineMap;
  readonly #arrays: Readonly<Record<Hook, EngineMap>>;
  /** By number of the interface and of the hook: the position where packets begin. */
  readonly #roots: EngineMap;

  private constructor(arrays: Readonly<Record<Hook, EngineMap>>, trips: EngineMap, roots: EngineMap) {
    this.#arrays = arrays;
    this.trips = trips;
    this.#roots = roots;
  }

  static create(engine: Engine): EnginePaths {
    const array = () =>
      engine.createMap({ name: 'path', type: 'prog-array', keySize: 4, valueSize: 4, maxEntries: POSITIONS });
    const arrays = { xdp: array(), 'tcx-ingress': array(), 'tcx-egress': array() };
    const roots = engine.createMap({ name: 'roots', type: 'hash', keySize: 8, valueSize: 4, maxEntries: POSITIONS });
    return new EnginePaths(arrays, engine.createMap(TRIPS_MAP), roots);
  }

  static open(engine: Engine, { arrays, trips, roots }: PathsImage): EnginePaths {
    const opened = {
      xdp: engine.openMap(arrays.xdp),
      'tcx-ingress': engine.openMap(arrays['tcx-ingress']),
      'tcx-egress': engine.openMap(arrays['tcx-egress']),
    };
    return new EnginePaths(opened, engine.openMap(trips), engine.openMap(roots));
  }

  get image(): PathsImage {
    const arrays = {
      xdp: this.path('xdp').image,
      'tcx-ingress': this.path('tcx-ingress').image,
      'tcx-egress': this.path('tcx-egress').image,
    };
    return { arrays, trips: this.trips.image, roots: this.#roots.image };
  }

  /** The program array of a hook. */
  path(hook: Hook): EngineMap {
    return this.#arrays[hook];
  }

  /** Id of the program at a position; 0: there is none. */
  programAt(hook: Hook, position: number): number {
    return number(this.path(hook).lookup(indexKey(position)));
  }

  put(hook: Hook, position: number, id: number): void {
    if (id === 0) this.path(hook).delete(indexKey(position));
    else this.path(hook).update(indexKey(position), indexKey(id));
  }

  /** Id of the program that packets of an interface meet first; 0: there is none. */
  first(ifindex: number, hook: Hook): number {
    const position = number(this.#roots.lookup(rootKey(ifindex, hook)));
    return position === 0 ? 0 : this.programAt(hook, position);
  }

  /** Packets of an interface begin there, and nowhere (0) if nothing is given. */
  begin(ifindex: number, hook: Hook, position = 0): void {
    if (position === 0) this.#roots.delete(rootKey(ifindex, hook));
    else this.#roots.update(rootKey(ifindex, hook), indexKey(position));
  }

  [Symbol.dispose](): void {
    for (const map of [...Object.values(this.#arrays), this.trips, this.#roots]) map[Symbol.dispose]();
  }
}

const rootKey = (ifindex: number, hook: Hook): Uint8Array =>
  new Uint8Array(Uint32Array.of(ifindex, HOOKS.indexOf(hook)).buffer);

const number = (value: Uint8Array | undefined): number =>
  value === undefined ? 0 : new DataView(value.buffer, value.byteOffset).getUint32(0, true);
