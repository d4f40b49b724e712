// How often the slow path has sent a packet up to a program's place again, wherever in the chain it began anew. On tc it travels with the
// packet, in two control words behind the mark's (`cb[1]`: the key, `cb[2]`: the number). An XDP packet of the slow path runs through
// all of its chain in one go, so there the number lies in a per-CPU array of the chain, and is 0 again before anything else runs.
import type { MapSpec } from '@twinpath/ebpf';

export const TRIPS = 'trips';

export const TRIPS_MAP: MapSpec = {
  name: TRIPS,
  type: 'percpu-array',
  keySize: 4,
  valueSize: 8,
  maxEntries: 1,
};
