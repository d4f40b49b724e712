// Which memory an instruction reads and writes, by the regions of pointers.

import { at } from '../ir/at.ts';
import { movesPacket } from '../ir/packet-moving.ts';
import type { Instruction, Program, Region, ValueId } from '../ir/types.ts';

/** Helpers that only read what their pointer arguments point to. */
const READING: ReadonlySet<string> = new Set([
  'map_lookup_elem',
  'map_lookup_percpu_elem',
  'map_update_elem',
  'map_delete_elem',
  'redirect_map',
  'redirect',
  'redirect_neigh',
  'redirect_peer',
  'ringbuf_output',
  'ringbuf_submit',
  'ringbuf_discard',
  'perf_event_output',
  'csum_diff',
  'trace_printk',
  'tail_call',
  'ktime_get_ns',
  'ktime_get_boot_ns',
  'ktime_get_coarse_ns',
  'get_prandom_u32',
  'get_smp_processor_id',
  'get_hash_recalc',
  'xdp_get_buff_len',
  'skb_store_bytes',
  'xdp_store_bytes',
]);
/** Helpers that change the values of the maps they are given. */
const UPDATING: ReadonlySet<string> = new Set(['map_update_elem', 'map_delete_elem']);

export function regionOf(program: Program, pointer: ValueId): Region | undefined {
  const type = at(program.values, pointer);
  return type.kind === 'pointer' ? type.region : undefined;
}

/** Regions that a call may write to. */
export function writtenByCall(
  { helper, arguments: values, subprogram }: Extract<Instruction, { op: 'call' }>,
  program: Program,
  mapName: (value: ValueId) => string | undefined,
): ReadonlySet<Region> | 'all' {
  if (subprogram !== undefined) return 'all';
  const regions = new Set<Region>();
  if (movesPacket(helper)) regions.add('packet').add('context');
  for (const value of values) {
    const region = regionOf(program, value);
    if (region === undefined) continue;
    if (region === 'map') {
      if (READING.has(helper) && !UPDATING.has(helper)) continue;
      const name = mapName(value);
      if (name === undefined) return 'all';
      regions.add(`value ${name}`);
    } else if (region !== 'context' && !READING.has(helper)) regions.add(region);
  }
  return regions;
}
