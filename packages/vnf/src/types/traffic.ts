import type { count64 } from '@twinpath/packet';
import type { kind } from '../faces.ts';
import type { Packet } from '../packet/packet.ts';

export interface TrafficTotals {
  readonly packets: count64;
  readonly bytes: count64;
}
/** A pair of counters inside a table entry: atomic in a shared table, plain in a per-CPU one. */
export interface Traffic extends TrafficTotals {
  count(packet: Packet): void;
}
/** A lock inside a table entry (`bpf_spin_lock`, Linux 5.1). At most one per entry. */
export interface Guard {
  readonly [kind]: 'guard';
}
