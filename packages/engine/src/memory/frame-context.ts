// A frame and its context: what a port fills in, what the program sees in r1, and what it leaves for the port. Programs
// work on the port's own bytes; nothing is copied.

import type { ProgramType } from '@twinpath/ebpf';

/** Hooks that the engine has. A socket filter's context is that of tc. */
export type Hook = 'xdp' | 'skb';

export const hookOf = (type: ProgramType): Hook => (type === 'xdp' ? 'xdp' : 'skb');

export interface ContextLayout {
  /** Bytes from one context of a burst to the next. */
  readonly stride: number;
  /** Addresses of the packet's first byte, of its end, and of the metadata in front of it. */
  readonly data: number;
  readonly dataEnd: number;
  readonly dataMeta: number;
  /** Bytes of the kernel's own struct; ours follow. */
  readonly size: number;
  /** Ours. Lowest address that adjust_head may give. */
  readonly head: number;
  /** End of what adjust_tail may give. */
  readonly tail: number;
  /** What the program returned. */
  readonly verdict: number;
  /** A {@link RedirectKind}. */
  readonly redirectKind: number;
  /** Interface, or the number in the map's entry. */
  readonly redirectTarget: number;
  readonly redirectKey: number;
  /** Address of the map. */
  readonly redirectMap: number;
  readonly redirectFlags: number;
  /** 1 if the engine stopped the program. */
  readonly trapped: number;
}

/** How a program asked for a redirect; it holds if the verdict is the hook's redirect code. */
export const REDIRECT = { none: 0, interface: 1, entry: 2, broadcast: 3 } as const;

const ours = (size: number) => ({
  size,
  head: size,
  tail: size + 4,
  verdict: size + 8,
  redirectKind: size + 12,
  redirectTarget: size + 16,
  redirectKey: size + 20,
  redirectMap: size + 24,
  redirectFlags: size + 28,
  trapped: size + 32,
});

/** struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex; u32 each. */
export const XDP_MD = { ingressIfindex: 12, rxQueue: 16, egressIfindex: 20 } as const;

/** struct __sk_buff, the fields that helpers know. */
export const SKB = {
  len: 0,
  protocol: 16,
  vlanPresent: 20,
  vlanTci: 24,
  vlanProto: 28,
  mark: 8,
  priority: 32,
  ifindex: 40,
  /** The first of five control words. */
  cb: 48,
  hash: 68,
  wireLen: 160,
} as const;

export const contextLayout: Readonly<Record<Hook, ContextLayout>> = {
  xdp: { stride: 64, data: 0, dataEnd: 4, dataMeta: 8, ...ours(24) },
  skb: { stride: 256, data: 76, dataEnd: 80, dataMeta: 140, ...ours(192) },
};

/** Bytes of the context that programs may write: [first, end). */
export const writableFields: Readonly<Record<Hook, readonly (readonly [number, number])[]>> = {
  xdp: [],
  // mark and queue_mapping; priority; tc_index and cb; tc_classid; tstamp.
  skb: [
    [8, 16],
    [32, 36],
    [44, 68],
    [72, 76],
    [152, 160],
  ],
};
