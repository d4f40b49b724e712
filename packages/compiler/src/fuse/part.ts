// What a fused program is made of: the program of each place, and by what names it knows maps there.
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
}

/** Those that belong to the chain have one name in all its programs. */
const OF_THE_CHAIN: ReadonlySet<string> = new Set([PATH, WAYS, TRIPS]);

/** What the fused program calls a map of an instance. */
export const fusedMapName = (owner: string, map: string): string => (OF_THE_CHAIN.has(map) ? map : `${owner}/${map}`);
