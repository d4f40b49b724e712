// struct virtio_net_hdr, include/uapi/linux/virtio_net.h: what a packet socket with PACKET_VNET_HDR and a TAP device with
// IFF_VNET_HDR have in front of each frame. Host byte order.

/** Bytes in front of a frame. */
export const VIRTIO_NET_HEADER = 10;

const NEEDS_CSUM = 1;
const gsoTypes = { tcp4: 1, tcp6: 4, udp: 5 } as const;

/** What is left to do to a frame. */
export interface VirtioNetHeader {
  /** From here to the frame's end the Internet checksum has to be taken; its field holds the pseudo header's sum. */
  readonly checksumStart: number;
  /** Where its field lies, behind `checksumStart`. */
  readonly checksumOffset: number;
  /** The frame is many: cut its payload into parts of so many bytes. */
  readonly segments?: {
    readonly kind: keyof typeof gsoTypes;
    /** Payload of each packet, in bytes. */
    readonly size: number;
    /** All headers, in bytes. */
    readonly headers: number;
  };
}

/** `undefined`: nothing is left to do. */
export function writeVirtioNetHeader(view: DataView, at: number, header: VirtioNetHeader | undefined): void {
  const segments = header?.segments;
  view.setUint8(at, header === undefined ? 0 : NEEDS_CSUM);
  view.setUint8(at + 1, segments === undefined ? 0 : gsoTypes[segments.kind]);
  view.setUint16(at + 2, segments?.headers ?? 0, true);
  view.setUint16(at + 4, segments?.size ?? 0, true);
  view.setUint16(at + 6, header?.checksumStart ?? 0, true);
  view.setUint16(at + 8, header?.checksumOffset ?? 0, true);
}
