import { protocolNumbers } from '../address/protocol.ts';
import { concat } from '../bytes/concat.ts';
import { crc32c } from '../checksum/crc32c.ts';
import { headerBytes } from '../layout/field.ts';
import { sctpLayout } from '../layout/headers.ts';
import type { u16, u32 } from '../types/values.ts';
import type { Layer } from './layer.ts';

export interface SctpFields {
  readonly sport: u16;
  readonly dport: u16;
  readonly verificationTag?: u32 | undefined;
  /** As the bytes in the packet, read in network order; default: right. */
  readonly checksum?: u32 | undefined;
}

/** The common header; chunks follow as bytes. */
export function sctpHeader({ sport, dport, verificationTag = 0, checksum }: SctpFields): Layer {
  return {
    protocol: protocolNumbers.sctp,
    encode(behind) {
      const whole = concat(headerBytes(sctpLayout, { sport, dport, verificationTag, checksum: checksum ?? 0 }), behind);
      // Least significant byte first (RFC 9260 appendix A).
      if (checksum === undefined)
        new DataView(whole.buffer).setUint32(sctpLayout.fields.checksum.at, crc32c(whole), true);
      return whole;
    },
  };
}
