// `ip.rewrite(flow)`: addresses and ports, or the identifier of an ICMP echo, at once.
import { icmpLayout, ipv4Layout, ipv6Layout, protocolNumbers } from '@twinpath/packet';
import type { ValueId } from '../../../ir/types.ts';
import type { Lowering } from '../../lowering.ts';
import type { Outcome, Site } from '../../path.ts';
import { UNDEFINED, type Value } from '../../value.ts';
import { Code, n } from '../code.ts';
import type { Call } from '../members.ts';
import { ipPart, versionOf } from '../packet/datagram.ts';
import { whenEcho } from '../packet/flow.ts';
import { openedKind, transport, transportPart } from '../packet/transport.ts';
import { asRecord } from '../tables/record.ts';
import { isView, type View } from '../view.ts';
import { addressDelta, isQuoted, joined, quotingField, updateAround, updateHeader } from './covering.ts';
import { type Change, type Delta, deltaOf, plus } from './delta.ts';
import { forget } from './forget.ts';
import { SCTP_SIZE, storePorts, writeSctpPorts } from './ports.ts';
import { addressPieces, numberFor, storeAddress, storeNumber } from './store.ts';
import {
  coversAddresses,
  fieldOfKind,
  type Kind,
  numberOfKind,
  sizeOfKind,
  withTransport,
} from './transport-checksum.ts';
import { coverTunnels } from './tunnels.ts';

/** RFC 792: as much as must be quoted. */
const QUOTED = 8;

interface Flow {
  readonly src: Value;
  readonly dst: Value;
  readonly sport: ValueId;
  readonly dport: ValueId;
}

interface Rewriting {
  readonly ip: View;
  readonly flow: Flow;
  readonly src: readonly Change[];
  readonly dst: readonly Change[];
  /** What the IP header's changes add to a checksum that covers the header. */
  readonly header: Delta;
  readonly site: Site;
}

export function rewrite(call: Call): readonly Outcome[] {
  const { lowering, path, operands } = call;
  const given = asRecord(lowering, path, operands[0]);
  return given.flatMap((one) => rewriteTo({ ...call, path: one.path }, one.value));
}

function rewriteTo({ lowering, path, receiver: ip, site }: Call, to: Value): readonly Outcome[] {
  if (ip.fixed.tunnelled === true) requireXdp(lowering, 'rewrite()', site);
  const start = new Code(lowering, path);
  const flow = flowOf(start, to, site);
  const [type, layout] = versionOf(ip) === 4 ? (['ip4', ipv4Layout] as const) : (['ip6', ipv6Layout] as const);
  const put = (name: 'src' | 'dst') =>
    storeAddress(start, ipPart(ip, 'at'), layout.fields[name], addressPieces(start, type, flow[name], site));
  const [src, dst] = [put('src'), put('dst')];
  const changed = deltaOf(start, [...src, ...dst]);
  if (changed === undefined) throw new Error('addresses are words');
  const { code, delta: header } = updateHeader(start, ip, changed);
  const ends = transport(lowering, code.path, ip).flatMap(({ path: on, value: found }) => {
    if (!isView(found, 'transport')) throw new Error('a datagram has a transport view');
    return rewriteTransport(code.on(on), found, { ip, flow, src, dst, header, site });
  });
  return lowering.joinPaths(ends.map((end) => forget(end.path))).map((on) => ({ path: on, value: UNDEFINED }));
}

/** Of an unfinished checksum tc does not say whether it is that of the tunnel or of what is in it. */
export function requireXdp(lowering: Lowering, what: string, site: Site): void {
  const { target } = lowering;
  if (target.hook !== 'xdp') lowering.fail(site, 'TP3016', what, target.hook);
}

function flowOf(code: Code, flow: Value, site: Site): Flow {
  const { lowering } = code;
  if (flow.kind !== 'record') return lowering.fail(site, 'TP3005', 'a flow', flow.kind);
  const field = (name: string) => flow.fields.get(name) ?? lowering.fail(site, 'TP3003', name);
  const port = (name: string) => numberFor(code, 16, field(name), site);
  return { src: field('src'), dst: field('dst'), sport: port('sport'), dport: port('dport') };
}

function rewriteTransport(start: Code, found: View, rewriting: Rewriting): readonly Code[] {
  const { ip, flow } = rewriting;
  const at = transportPart(found, 'at');
  const opened = openedKind(start.path, ip);
  if ((opened === 'tcp' || opened === 'udp') && !isQuoted(ip)) {
    return [cover(start, found, opened, storePorts(start, at, flow), rewriting)];
  }
  const ends: Code[] = [];
  const without: Code[] = [];
  let other = start;
  const open = (number: number, size: number): Code => {
    const sides = other.when('eq', transportPart(found, 'protocol'), n(number));
    const { then, otherwise } = withTransport(sides.then, found, isQuoted(ip) ? QUOTED : size);
    without.push(...otherwise);
    other = sides.otherwise;
    return then;
  };
  for (const kind of ['tcp', 'udp'] as const) {
    const code = open(protocolNumbers[kind], sizeOfKind(kind));
    ends.push(cover(code, found, kind, storePorts(code, at, flow), rewriting));
  }

  const sctp = open(protocolNumbers.sctp, SCTP_SIZE);
  if (isQuoted(ip)) ends.push(cover(sctp, found, undefined, storePorts(sctp, at, flow), rewriting));
  else {
    const after = writeSctpPorts(sctp, ip, placeOf(found), flow);
    ends.push(...after.map((code) => cover(code, found, undefined, [], rewriting)));
  }

  const icmp = open(numberOfKind('icmp', versionOf(ip)), sizeOfKind('icmp'));
  const echo = whenEcho(icmp, at, versionOf(ip));
  for (const code of echo.yes) {
    ends.push(cover(code, found, 'icmp', [storeNumber(code, at, icmpLayout.fields.identifier, flow.sport)], rewriting));
  }
  ends.push(cover(echo.no, found, 'icmp', [], rewriting));

  const rest = joined([...without, other]).map((code) => cover(code, found, undefined, [], rewriting));
  return joined([...ends, ...rest]);
}

/** `kind`: which transport header is there. */
function cover(
  code: Code,
  found: View,
  kind: Kind | undefined,
  changes: readonly Change[],
  { ip, src, dst, header, site }: Rewriting,
): Code {
  const own = deltaOf(code, changes);
  const all = plus(code, header, own);
  if (isQuoted(ip)) return updateAround(code, ip, quotingField(ip), { own: all }, all, site);
  if (kind === undefined) return coverTunnels(code, ip, all);
  const addresses = coversAddresses(kind, versionOf(ip)) ? addressDelta(code, ip, found, { src, dst }) : undefined;
  return updateAround(code, ip, fieldOfKind(kind, transportPart(found, 'at')), { addresses, own }, all, site);
}

const placeOf = (found: View) => ({
  at: transportPart(found, 'at'),
  fragment: transportPart(found, 'fragment'),
});
