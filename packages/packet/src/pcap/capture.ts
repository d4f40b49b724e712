/** One packet of a capture file. */
export interface CapturedPacket {
  /** What was captured of it, a view into the file's bytes. */
  readonly bytes: Uint8Array;
  /** Bytes that it had on the wire; more than `bytes.length` if it was cut short. */
  readonly length: number;
  /** Nanoseconds since 1970, UTC. `undefined`: the file does not say (simple packet blocks). */
  readonly time: bigint | undefined;
  /** Which of the file's interfaces, in the order of their blocks; 0 in a pcap file. */
  readonly interface: number;
  readonly linkType: number;
}

/** A packet to be written. */
export interface PacketToCapture {
  readonly bytes: Uint8Array;
  /** Default: that of `bytes`. */
  readonly length?: number;
  /** Nanoseconds since 1970, UTC; default 0. */
  readonly time?: bigint;
  /** pcapng only; default 0. */
  readonly interface?: number;
}

/** LINKTYPE_ETHERNET. */
export const ETHERNET = 1;

/** A capture file that cannot be read. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly code = 'TP_CAPTURE';
  /** Where in the file. */
  readonly offset: number;
  readonly hint: string;

  constructor(why: string, offset: number, hint: string) {
    super(`${why} (at byte ${offset} of the capture)`);
    this.offset = offset;
    this.hint = hint;
  }
}
