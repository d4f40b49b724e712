// What a fused program is made of: the program of each place, and by what names it knows maps there.

import type { MapType } from '@twinpath/ebpf';
import { PATH, WAYS } from '../abi/chain.ts';
import { TRIPS } from '../abi/trips.ts';
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

/** Those that belong to the chain have one name in all its programs. */
const OF_THE_CHAIN: ReadonlySet<string> = new Set([PATH, WAYS, TRIPS]);

/** What the fused program calls a map of an instance. */
export const fusedMapName = (owner: string, map: string): string => (OF_THE_CHAIN.has(map) ? map : `${owner}/${map}`);
