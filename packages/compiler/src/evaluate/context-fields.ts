// The hook's context as programs see it: struct xdp_md and struct __sk_buff of the kernel's user API. All fields are 32 bits.
// `data`, `data_end` and `data_meta` are missing: packet-start and packet-end stand for them.

import type { Hook } from '../ir/types.ts';

export interface ContextField {
  readonly name: string;
  readonly offset: number;
  readonly writable: boolean;
}

const fields = (offsets: Readonly<Record<string, number>>, writable: readonly string[] = []): readonly ContextField[] =>
  Object.entries(offsets).map(([name, offset]) => ({ name, offset, writable: writable.includes(name) }));

const xdp = fields({ ingress_ifindex: 12, rx_queue_index: 16, egress_ifindex: 20 });

const skb = fields(
  {
    len: 0,
    pkt_type: 4,
    mark: 8,
    queue_mapping: 12,
    protocol: 16,
    vlan_present: 20,
    vlan_tci: 24,
    vlan_proto: 28,
    priority: 32,
    ingress_ifindex: 36,
    ifindex: 40,
    tc_index: 44,
    cb0: 48,
    cb1: 52,
    cb2: 56,
    cb3: 60,
    cb4: 64,
    hash: 68,
    tc_classid: 72,
    napi_id: 84,
    wire_len: 160,
    gso_segs: 164,
    gso_size: 176,
  },
  ['mark', 'queue_mapping', 'priority', 'tc_index', 'cb0', 'cb1', 'cb2', 'cb3', 'cb4', 'tc_classid'],
);

/** By offset. */
export const contextFields: Readonly<Record<Hook, ReadonlyMap<number, ContextField>>> = {
  xdp: new Map(xdp.map((field) => [field.offset, field])),
  'tcx-ingress': new Map(skb.map((field) => [field.offset, field])),
  'tcx-egress': new Map(skb.map((field) => [field.offset, field])),
};
