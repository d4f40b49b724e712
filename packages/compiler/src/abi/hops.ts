// `hops`: what the kernel's routing table said last (bpf_fib_lookup), on each CPU by itself, so that packets to the same next hop need
// not ask again. Only functions that ask have it. An element, by a hash of the addresses; host byte order but for what packets have:
//
//   0            4          8           16         32              48        52     56     64             128
//   ┌────────────┬──────────┬───────────┬──────────┬───────────────┬─────────┬──────┬──────┬──────────────┐
//   │ generation │ came by  │ asked, ns │ source   │ destination   │ version │ zero │ zero │ struct       │
//   │            │          │           │          │               │ and TOS │      │      │ bpf_fib_loo… │
//   └────────────┴──────────┴───────────┴──────────┴───────────────┴─────────┴──────┴──────┴──────────────┘
//
// It is true while the generation is that of the instance (`STATE.network`), which the runtime raises with each notification of
// rtnetlink about links, addresses, neighbours and routes; 0, when nobody listens, is no generation. What no notification tells of
// (sysctls, a path's MTU), and a runtime that died, make it wrong for `HOP_LEASE` at most.
import type { MapSpec } from '@twinpath/ebpf';

export const HOPS = 'hops';

export const HOP = {
  size: 128,
  generation: 0,
  cameBy: 4,
  asked: 8,
  source: 16,
  destination: 32,
  kind: 48,
  fib: 64,
} as const;

/** Of the elements, a power of two. */
export const HOP_BITS = 9;

/** Nanoseconds. */
export const HOP_LEASE = 1_000_000_000n;

export const HOPS_MAP: MapSpec = {
  name: HOPS,
  type: 'percpu-array',
  keySize: 4,
  valueSize: HOP.size,
  maxEntries: 1 << HOP_BITS,
};
