import type { Datagram } from '../dissect/datagram.ts';

/** How much is said. */
export interface Detail {
  /** Transport headers, rather than bytes. */
  readonly hasTransport: boolean;
  /** Checksums, also where they are what they should be. */
  readonly hasChecksums: boolean;
}

/** Describes the packet that an ICMP error quotes. */
export type DescribeQuoted = (bytes: Uint8Array, datagram: Datagram, detail: Detail) => readonly string[];
