// What a fused program is made of: the program of each place.

import type { MapType } from '@twinpath/ebpf';
import type { Program } from '../ir/types.ts';

export interface Part {
  /** Of the place, in the program array of its chain and hook. */
  readonly position: number;
  /** Of the instance: places of one instance have the same maps. */
  readonly owner: string;
  /** Before optimisation. */
  readonly ir: Program;
  /** Maps, by the function's own names, of which may be remembered what lookups said; default: none. No program of the instance
   *  writes their entries in place, and all its programs note other writes. */
  readonly remembers?: Readonly<Record<string, RememberedMap>>;
}

export interface RememberedMap {
  readonly type: MapType;
  readonly maxEntries: number;
}
