// What goes up the ring buffer `events`: a fixed header, the reason's metadata, the packet. Host byte order.
//
//   0      2      3      4         8         12        16        20       22        24         32
//   ┌──────┬──────┬──────┬─────────┬─────────┬─────────┬─────────┬────────┬─────────┬──────────┬──────────┬────────┐
//   │reason│origin│trips │ifindex  │length   │captured │vlan tag │position│segments │time, ns  │ metadata │ packet │
//   └──────┴──────┴──────┴─────────┴─────────┴─────────┴─────────┴────────┴─────────┴──────────┴──────────┴────────┘

export const EVENT = {
  /** u16: index of the reason in the plan. */
  reason: 0,
  /** u8: 0 XDP, 1 tcx ingress, 2 tcx egress. */
  origin: 2,
  /** u8: how often the slow path has sent the packet through the function again. */
  trips: 3,
  /** u32: where the packet came in, or for tcx egress where it goes out. */
  ifindex: 4,
  /** u32: bytes of the frame; `captured` of them are here. */
  length: 8,
  captured: 12,
  /** u32: a VLAN tag that the kernel keeps beside the packet: protocol identifier in the high half, as in the packet (network
   *  order read as host order); tag control information in the low half. 0: none. */
  vlan: 16,
  /** u16: of the place in the chain whose program this was. */
  position: 20,
  /** u16: bytes of payload in each of the packets that this one stands for (GSO); 0: it is one. tc only. */
  segmentSize: 22,
  /** u64: CLOCK_MONOTONIC, or the simulated clock. */
  time: 24,
  /** Metadata, rounded up to 8 bytes, then the packet. */
  header: 32,
} as const;

export const ORIGINS = ['xdp', 'tcx-ingress', 'tcx-egress'] as const;

/** Most bytes of a packet that go up. Longer ones are cut and cannot be answered. */
export const MAX_CAPTURE = 16_384;
/** The same for tc programs, which see packets before they are cut into segments. */
export const MAX_UNCUT_CAPTURE = 66_000;
/** Most bytes of metadata. */
export const MAX_METADATA = 512;

/** Bytes of the header and of metadata of this size, before the packet. */
export const eventPrefix = (metadataSize: number): number => EVENT.header + ((metadataSize + 7) & ~7);
