// Five fields that name a flow, as packet's view gives them.
import { icmpLayout, protocolNumbers, sctpLayout, tcpLayout, udpLayout } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Path } from '../../path.ts';
import type { Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { each, once } from '../memo.ts';
import { isView, type View, view } from '../view.ts';
import { ipPart, versionOf } from './datagram.ts';
import { loadField } from './field.ts';
import { addressField } from './ip-fields.ts';
import { openedKind, requireTransport, transport, transportPart } from './transport.ts';

/** As much as must be quoted of a datagram (RFC 792), and enough for both ports and an echo identifier. */
const QUOTED = 8;

const echoTypes = { 4: [8, 0], 6: [128, 129] } as const;
const PORT = { low: 0n, high: 65_535n };

/** `undefined`: a later fragment, or the transport header is cut off. */
export function flowOf(lowering: Lowering, path: Path, ip: View): readonly Outcome[] {
  const found = once(path, `flow ${ipPart(ip, 'at')}@${path.epoch}`, () => readFlow(lowering, path, ip));
  return each(found, (on, value) => [
    { path: on, value: isView(value, 'flow') ? flowRecord(lowering, on, ip, value) : value },
  ]);
}

function readFlow(lowering: Lowering, path: Path, ip: View): readonly Outcome[] {
  const ends = new Ends(lowering);
  each(transport(lowering, path, ip), (on, found) => {
    if (!isView(found, 'transport')) throw new Error('a datagram has a transport view');
    const protocol = transportPart(found, 'protocol');
    const done = (code: Code, sport: ValueId, dport: ValueId, number = protocol) =>
      ends.found(code, view('flow', code.path.epoch, {}, { protocol: number, sport, dport }));
    let other = new Code(lowering, on);
    const at = transportPart(found, 'at');
    const kind = openedKind(on, ip);
    if (kind === 'tcp' || kind === 'udp') {
      const number = other.id(n(protocolNumbers[kind]));
      const ports = [
        loadField(other, at, udpLayout.fields.sport),
        loadField(other, at, udpLayout.fields.dport),
      ] as const;
      done(other, ...ports, number);
      return [];
    }
    const open = (number: number, size: number): Code => {
      const sides = other.when('eq', protocol, n(number));
      other = sides.otherwise;
      return requireTransport(ends, sides.then, found, ip.fixed.quoted === true ? QUOTED : size);
    };
    const withPorts = [
      open(protocolNumbers.tcp, tcpLayout.size),
      open(protocolNumbers.udp, udpLayout.size),
      open(protocolNumbers.sctp, sctpLayout.size),
    ];
    for (const joined of lowering.joinPaths(withPorts.map((code) => code.path))) {
      const code = new Code(lowering, joined);
      done(code, loadField(code, at, udpLayout.fields.sport), loadField(code, at, udpLayout.fields.dport));
    }
    const icmp = open(versionOf(ip) === 4 ? protocolNumbers.icmp : protocolNumbers.icmp6, icmpLayout.size);
    readEcho(icmp, at, versionOf(ip), done);
    const rest = requireTransport(ends, other, found, 0);
    done(rest, rest.id(n(0)), rest.id(n(0)));
    return [];
  });
  return ends.outcomes();
}

/** The sides of "the ICMP message is an echo request or reply". */
export function whenEcho(
  icmp: Code,
  at: ValueId,
  version: 4 | 6,
): { readonly yes: readonly Code[]; readonly no: Code } {
  const type = icmp.load(at, icmpLayout.fields.type.at, 8);
  const [requestType, replyType] = echoTypes[version];
  const request = icmp.when('eq', type, n(requestType));
  const reply = request.otherwise.when('eq', type, n(replyType));
  const yes = icmp.lowering.joinPaths([request.then.path, reply.then.path]);
  return { yes: yes.map((path) => icmp.on(path)), no: reply.otherwise };
}

function readEcho(
  icmp: Code,
  at: ValueId,
  version: 4 | 6,
  done: (code: Code, sport: ValueId, dport: ValueId) => void,
): void {
  const { yes, no } = whenEcho(icmp, at, version);
  for (const code of yes) {
    const identifier = loadField(code, at, icmpLayout.fields.identifier);
    done(code, identifier, identifier);
  }
  done(no, no.id(n(0)), no.id(n(0)));
}

function flowRecord(lowering: Lowering, path: Path, ip: View, { parts }: View): Value {
  const code = new Code(lowering, path);
  const { protocol, sport, dport } = parts;
  if (protocol === undefined || sport === undefined || dport === undefined)
    throw new Error('a flow has three registers');
  return {
    kind: 'record',
    fields: new Map<string, Value>([
      ['src', addressField(code, ip, 'src')],
      ['dst', addressField(code, ip, 'dst')],
      ['sport', lowering.integer(sport, PORT)],
      ['dport', lowering.integer(dport, PORT)],
      ['protocol', { kind: 'name', domain: { kind: 'protocol' }, id: protocol }],
    ]),
  };
}
