// Which checksum a datagram's transport header has, as packet's dissect/transport.ts says.
import { icmpLayout, protocolNumbers, tcpLayout, udpLayout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import { type Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { requireTransport, transportPart } from '../packet/transport.ts';
import { returnAborted } from '../return-codes.ts';
import type { View } from '../view.ts';
import type { ChecksumField } from './checksum-field.ts';

export type Kind = 'tcp' | 'udp' | 'icmp';

/** Where each protocol keeps it. `size`: bytes that must be there. */
const KINDS = {
  tcp: { layout: tcpLayout, zeroMeansNone: false },
  udp: { layout: udpLayout, zeroMeansNone: true },
  icmp: { layout: icmpLayout, zeroMeansNone: false },
} as const;

export const numberOfKind = (kind: Kind, version: 4 | 6): number =>
  kind === 'icmp' && version === 6 ? protocolNumbers.icmp6 : protocolNumbers[kind];

/** ICMP covers its message only; ICMPv6 the addresses too (RFC 4443 section 2.3). */
export const coversAddresses = (kind: Kind, version: 4 | 6): boolean => kind !== 'icmp' || version === 6;

export const sizeOfKind = (kind: Kind): number => KINDS[kind].layout.size;

export function fieldOfKind(kind: Kind, header: ValueId): ChecksumField {
  const { layout, zeroMeansNone } = KINDS[kind];
  return { name: kind, header, at: layout.fields.checksum.at, zeroMeansNone };
}

/** The path on which there are `size` bytes of transport header, and those on which there are not. What the datagram has and
 *  the program cannot reach (a header behind the linear part) is dropped: it must not leave with a wrong checksum. */
export function withTransport(
  start: Code,
  found: View,
  size: number,
): { readonly then: Code; readonly otherwise: readonly Code[] } {
  const ends = new Ends(start.lowering);
  const claimed = requireTransport(ends, start, found, 0);
  const end = claimed.alu('add', transportPart(found, 'offset'), n(size));
  const inside = ends.require(claimed.when('ule', end, transportPart(found, 'end'), 'then'));
  const reachable = size === 0 ? undefined : inside.whenInPacket(transportPart(found, 'at'), size);
  if (reachable) returnAborted(reachable.otherwise);
  return { then: reachable?.then ?? inside, otherwise: ends.failures().map((path) => start.on(path)) };
}
