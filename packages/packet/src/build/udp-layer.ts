import { protocolNumbers } from '../address/protocol.ts';
import { setU16 } from '../bytes/big-endian.ts';
import { concat } from '../bytes/concat.ts';
import { udpChecksum } from '../checksum/internet-checksum.ts';
import { headerBytes } from '../layout/field.ts';
import { udpLayout } from '../layout/headers.ts';
import type { u16 } from '../types/values.ts';
import { type ChecksumChoice, chosenChecksum, pseudoSum } from './chosen-checksum.ts';
import type { Layer } from './layer.ts';

export interface UdpFields {
  readonly sport: u16;
  readonly dport: u16;
  /** `false` is `'none'`; default: right. */
  readonly checksum?: boolean | ChecksumChoice | undefined;
  /** Default: as it is. */
  readonly length?: u16 | undefined;
}

export function udpHeader({ sport, dport, checksum, length }: UdpFields): Layer {
  return {
    protocol: protocolNumbers.udp,
    encode(behind, { addresses }) {
      const claimed = length ?? udpLayout.size + behind.length;
      const whole = concat(headerBytes(udpLayout, { sport, dport, length: claimed }), behind);
      const field = chosenChecksum(choiceOf(checksum), whole, pseudoSum(addresses, protocolNumbers.udp, claimed));
      const isComputed = checksum === undefined || checksum === true;
      setU16(whole, udpLayout.fields.checksum.at, isComputed ? udpChecksum(field) : field);
      return whole;
    },
  };
}

function choiceOf(checksum: UdpFields['checksum']): ChecksumChoice | undefined {
  if (checksum === false) return 'none';
  return checksum === true ? undefined : checksum;
}
