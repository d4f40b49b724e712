/** The context of an XDP test run. */
export interface XdpContext {
  /** Bytes of TestRun.data, metadata included. */
  readonly length: number;
  /** How many of them, at the front, are metadata; a multiple of 4. */
  readonly metadataLength?: number;
  /** The interface that the packet is said to come from, in this thread's namespace; default loopback. */
  readonly ingressIfindex?: number;
  /** A queue that the interface has. */
  readonly rxQueue?: number;
}

/** struct xdp_md { u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex }. Since 5.18. */
export function xdpContext({ length, metadataLength = 0, ingressIfindex = 0, rxQueue = 0 }: XdpContext): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, metadataLength, true);
  view.setUint32(4, length, true);
  view.setUint32(12, ingressIfindex, true);
  view.setUint32(16, rxQueue, true);
  return new Uint8Array(view.buffer);
}

/** What a tc test run may set of struct __sk_buff. */
export interface SkbContext {
  readonly mark?: number;
  readonly priority?: number;
  readonly ingressIfindex?: number;
  readonly ifindex?: number;
  /** Five 32-bit words. */
  readonly cb?: readonly number[];
}

/** struct __sk_buff; parseSkbContext() reads the one that a test run gives back. */
export function skbContext({
  mark = 0,
  priority = 0,
  ingressIfindex = 0,
  ifindex = 0,
  cb = [],
}: SkbContext): Uint8Array {
  const view = new DataView(new ArrayBuffer(192));
  view.setUint32(8, mark, true);
  view.setUint32(32, priority, true);
  view.setUint32(36, ingressIfindex, true);
  view.setUint32(40, ifindex, true);
  for (const [index, word] of cb.slice(0, 5).entries()) view.setUint32(48 + 4 * index, word, true);
  return new Uint8Array(view.buffer);
}

export function parseSkbContext(bytes: Uint8Array): Required<SkbContext> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    mark: view.getUint32(8, true),
    priority: view.getUint32(32, true),
    ingressIfindex: view.getUint32(36, true),
    ifindex: view.getUint32(40, true),
    cb: Array.from({ length: 5 }, (_, index) => view.getUint32(48 + 4 * index, true)),
  };
}
