import { writeIp6 } from '../address/ip6.ts';
import { macToBytes } from '../address/mac.ts';
import { protocolNumbers } from '../address/protocol.ts';
import { setU16, setU32 } from '../bytes/big-endian.ts';
import { concat } from '../bytes/concat.ts';
import { icmpTypeNumber, icmpTypes } from '../dissect/icmp-type.ts';
import { headerBytes } from '../layout/field.ts';
import { icmpLayout } from '../layout/headers.ts';
import type { Ip6, Mac, u8, u16, u32 } from '../types/values.ts';
import type { IcmpType } from '../types/views.ts';
import { type ChecksumChoice, chosenChecksum, pseudoSum } from './chosen-checksum.ts';
import type { Layer } from './layer.ts';

export interface IcmpFields {
  /** 4: ICMP, 6: ICMPv6. */
  readonly version: 4 | 6;
  readonly type: IcmpType;
  readonly code?: u8 | undefined;
  /** The 4 bytes behind the checksum; or, of echo messages, their halves. */
  readonly rest?: u32 | undefined;
  readonly identifier?: u16 | undefined;
  readonly sequence?: u16 | undefined;
  readonly checksum?: ChecksumChoice | undefined;
}

/** The 8 bytes that all messages begin with; what else there is follows as another layer.
 *  @throws RangeError a type that this family does not have. */
export function icmpHeader({
  version,
  type,
  code = 0,
  rest,
  identifier = 0,
  sequence = 0,
  checksum,
}: IcmpFields): Layer {
  const number = typeof type === 'number' ? type : icmpTypeNumber(version, type);
  if (number === undefined) throw new RangeError(`ICMP for IPv${version} has no message '${type}'`);
  const protocol = version === 4 ? protocolNumbers.icmp : protocolNumbers.icmp6;
  return {
    protocol,
    encode(behind, { addresses }) {
      const whole = concat(headerBytes(icmpLayout, { type: number, code, identifier, sequence }), behind);
      if (rest !== undefined) setU32(whole, icmpLayout.fields.identifier.at, rest);
      const pseudo = version === 6 ? pseudoSum(addresses, protocol, whole.length) : 0;
      setU16(whole, icmpLayout.fields.checksum.at, chosenChecksum(checksum, whole, pseudo));
      return whole;
    },
  };
}

/** RFC 4861 section 4.3. */
export function neighbourSolicitation({ target, senderMac }: { readonly target: Ip6; readonly senderMac: Mac }): Layer {
  return neighbourMessage({ type: 'neighbour-solicitation', target, mac: senderMac });
}

export interface NeighbourFields {
  readonly type: 'neighbour-solicitation' | 'neighbour-advertisement';
  readonly target: Ip6;
  /** The link-layer address option: the source's of a solicitation, the target's of an advertisement. */
  readonly mac?: Mac | undefined;
  /** Of advertisements: router, solicited, override. */
  readonly flags?: u32 | undefined;
  readonly checksum?: ChecksumChoice | undefined;
}

export function neighbourMessage({ type, target, mac, flags = 0, checksum }: NeighbourFields): Layer {
  const body = new Uint8Array(16);
  writeIp6(target, body, 0);
  const kind = type === 'neighbour-solicitation' ? 1 : 2;
  const option = mac === undefined ? new Uint8Array() : concat(Uint8Array.of(kind, 1), macToBytes(mac));
  const header = icmpHeader({ version: 6, type: icmpTypes[6][type], rest: flags, checksum });
  return { ...header, encode: (behind, around) => header.encode(concat(body, option, behind), around) };
}
