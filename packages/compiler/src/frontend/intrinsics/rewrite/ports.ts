// Writes to the ports of TCP, UDP and SCTP.
import { protocolNumbers, sctpLayout, udpLayout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Site } from '../../path.ts';
import { type Code, n } from '../code.ts';
import { finish } from '../forwarding/finish.ts';
import { RETURN_CODES } from '../return-codes.ts';
import { part, type View } from '../view.ts';
import { coverTransport, isQuoted, joined } from './covering.ts';
import { type Change, deltaOf } from './delta.ts';
import { storeNumber } from './store.ts';
import { coverTunnels } from './tunnels.ts';

export type PortName = 'sport' | 'dport';

/** Stores ports; of SCTP, as one word of both. */
export function storePorts(
  code: Code,
  header: ValueId,
  ports: Partial<Readonly<Record<PortName, ValueId>>>,
): readonly Change[] {
  const { fields } = udpLayout;
  return (['sport', 'dport'] as const).flatMap((name) => {
    const port = ports[name];
    return port === undefined ? [] : [storeNumber(code, header, fields[name], port)];
  });
}

/** A view of ports alone does not say whose they are. */
export function writePort(start: Code, header: View, name: PortName, value: ValueId, site: Site): readonly Code[] {
  const at = part(header, 'at');
  if (header.type === 'tcp' || header.type === 'udp') {
    return [coverTransport(start, header, header.type, storePorts(start, at, { [name]: value }), site)];
  }
  if (isQuoted(header)) return [coverTransport(start, header, 'icmp', storePorts(start, at, { [name]: value }), site)];
  const ends: Code[] = [];
  let other = start;
  for (const kind of ['tcp', 'udp'] as const) {
    const sides = other.when('eq', part(header, 'protocol'), n(protocolNumbers[kind]));
    ends.push(coverTransport(sides.then, header, kind, storePorts(sides.then, at, { [name]: value }), site));
    other = sides.otherwise;
  }
  const fragment = part(header, 'fragment');
  return joined([...ends, ...writeSctpPorts(other, header, { at, fragment }, { [name]: value })]);
}

export interface SctpPlace {
  readonly at: ValueId;
  readonly fragment: ValueId;
}

/** The CRC32c of a whole packet would change with them, by a computation too long for a program (docs/decisions/0020). Such a
 *  packet is dropped, and counted so; one that keeps its ports goes on, and a fragment, whose checksum cannot be kept right by anyone. */
export function writeSctpPorts(
  code: Code,
  of: View,
  { at, fragment }: SctpPlace,
  ports: Partial<Readonly<Record<PortName, ValueId>>>,
): readonly Code[] {
  const before = code.load(at, 0, 32);
  const changed = deltaOf(code, storePorts(code, at, ports));
  const same = code.when('eq', code.load(at, 0, 32), before, 'then');
  const part = same.otherwise.when('ne', fragment, n(0));
  const { lowering, path } = part.otherwise;
  finish(lowering, path, 'drop', RETURN_CODES[lowering.target.hook].drop);
  return [same.then, coverTunnels(part.then, of, changed)];
}

export const SCTP_SIZE = sctpLayout.size;
