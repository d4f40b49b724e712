// What a fused program and the runtime share besides the maps of its functions.
import type { MapSpec } from '@twinpath/ebpf';
import { FLOW_CACHE, PATH, WAY_COUNTS, WAYS } from './chain.ts';
import { TRIPS } from './trips.ts';

/** Those that belong to the chain have one name in all its programs. */
const OF_THE_CHAIN: ReadonlySet<string> = new Set([PATH, WAYS, TRIPS]);

/** What the fused program calls a map of an instance. */
export const fusedMapName = (owner: string, map: string): string => (OF_THE_CHAIN.has(map) ? map : `${owner}/${map}`);

/** Bytes of a line of its memory: one of the processor's cache. */
export const FLOW_LINE = 64;

/** The memory of a program that has lines. */
export const flowCacheMap = (lines: number, cpus: number): MapSpec => ({
  name: FLOW_CACHE,
  type: 'array',
  keySize: 4,
  valueSize: FLOW_LINE,
  maxEntries: lines * cpus,
});

/** The counters of a program that has ways. */
export const waysMap = ({ length }: { readonly length: number }): MapSpec => ({
  name: WAY_COUNTS,
  type: 'percpu-array',
  keySize: 4,
  valueSize: 8 * length,
  maxEntries: 1,
});
