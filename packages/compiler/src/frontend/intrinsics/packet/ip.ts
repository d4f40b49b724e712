// What IPv4 and IPv6 headers show in the fast path.
import {
  extensionNumbers,
  icmpLayout,
  ipv4Layout,
  ipv6FragmentLayout,
  ipv6Layout,
  protocolNumbers,
  sctpLayout,
  tcpLayout,
  udpLayout,
} from '@twinpath/packet';
import type { Value } from '../../value.ts';
import { constant, UNDEFINED } from '../../value.ts';
import { Code, n } from '../code.ts';
import { Ends } from '../ends.ts';
import { ipOfIp, nextOfIp } from '../headers/header-view.ts';
import { type Call, type Member, type Members, reading } from '../members.ts';
import { each, once } from '../memo.ts';
import { rewrite } from '../rewrite/rewrite.ts';
import { isView, type View, view } from '../view.ts';
import { ipPart, versionOf } from './datagram.ts';
import { flagField, integerField } from './field.ts';
import { flowOf } from './flow.ts';
import { addressField } from './ip-fields.ts';
import {
  onceOpened,
  openTransport,
  requireTransport,
  type TransportPart,
  transport,
  transportPart,
} from './transport.ts';
import { insideOf, tunnelsOf } from './tunnels.ts';

const LENGTH = { low: 20n, high: 65_575n };

/** A property of the transport's place: of IPv6 it needs the walk over the extension headers. */
function ofTransport(read: (code: Code, transport: View) => Value): Member {
  return ({ lowering, path, receiver }) =>
    each(transport(lowering, path, receiver), (on, found) => {
      if (!isView(found, 'transport')) throw new Error('a datagram has a transport view');
      return [{ path: on, value: read(new Code(lowering, on), found) }];
    });
}

const notZero = (name: TransportPart): Member =>
  ofTransport((code, found) => ({ kind: 'boolean', id: code.compare('ne', transportPart(found, name), n(0)) }));

const ofVersion4 = (read: (code: Code, ip: View) => Value): Member =>
  reading((code, ip) => (versionOf(ip) === 4 ? read(code, ip) : UNDEFINED));

const headerField = (name: 'hops' | 'trafficClass'): Member =>
  reading((code, ip) => {
    const place = versionOf(ip) === 4 ? ipv4Layout.fields[name] : ipv6Layout.fields[name];
    return integerField(code, ipPart(ip, 'at'), place);
  });

function opened(
  name: 'tcp' | 'udp',
  size: number,
  check: (ends: Ends, code: Code, ip: View, transport: View) => Code,
): Member {
  return ({ lowering, path, receiver }) =>
    onceOpened(name, path, receiver, () =>
      openTransport(lowering, path, receiver, { protocol: protocolNumbers[name], size }, (ends, start, found) => {
        const code = check(ends, start, receiver, found);
        ends.found(code, transportView(name, code, receiver, found));
      }),
    );
}

function transportView(type: string, code: Code, ip: View, found: View): View {
  const around = insideOf(tunnelsOf(ip));
  const parts = {
    at: transportPart(found, 'at'),
    offset: transportPart(found, 'offset'),
    end: transportPart(found, 'end'),
    protocol: transportPart(found, 'protocol'),
    fragment: transportPart(found, 'fragment'),
    ...(ip.parts.quotedBy !== undefined && { quotedBy: ip.parts.quotedBy }),
    ...around.parts,
  };
  return view(
    type,
    code.path.epoch,
    {
      version: versionOf(ip),
      quoted: ip.fixed.quoted === true,
      tunnelled: ip.fixed.tunnelled === true,
      ...around.fixed,
    },
    parts,
  );
}

/** The data offset is at least 5 words and the header of that length is there. */
function checkTcp(ends: Ends, start: Code, _ip: View, found: View): Code {
  const words = start.alu('shr', start.load(transportPart(found, 'at'), tcpLayout.fields.dataOffset.at, 8), n(4));
  const code = ends.require(start.when('uge', words, n(5), 'then'));
  const end = code.alu('add', transportPart(found, 'offset'), code.alu('shl', words, n(2)));
  return ends.require(code.when('ule', end, transportPart(found, 'end'), 'then'));
}

/** The length is at least 8 and, unless the datagram is a fragment, not beyond the datagram. */
function checkUdp(ends: Ends, start: Code, _ip: View, found: View): Code {
  const length = start.loadNetwork(transportPart(found, 'at'), udpLayout.fields.length.at, 16);
  const code = ends.require(start.when('uge', length, n(udpLayout.size), 'then'));
  const end = code.alu('add', transportPart(found, 'offset'), length);
  const inside = code.when('ule', end, transportPart(found, 'end'), 'then');
  const fragment = ends.require(inside.otherwise.when('ne', transportPart(found, 'fragment'), n(0)));
  const [joined] = code.lowering.joinPaths([inside.then.path, fragment.path]);
  if (joined === undefined) throw new Error('paths with one scope join');
  return code.on(joined);
}

const icmp: Member = ({ lowering, path, receiver }) => {
  const protocol = versionOf(receiver) === 4 ? protocolNumbers.icmp : protocolNumbers.icmp6;
  return onceOpened('icmp', path, receiver, () =>
    openTransport(lowering, path, receiver, { protocol, size: icmpLayout.size }, (ends, code, found) =>
      ends.found(code, transportView('icmp', code, receiver, found)),
    ),
  );
};

/** TCP, UDP and SCTP alike; of a quoted datagram 8 bytes are enough. */
function ports({ lowering, path, receiver }: Call) {
  return once(path, `ports ${ipPart(receiver, 'at')}@${path.epoch}`, () => {
    const ends = new Ends(lowering);
    each(transport(lowering, path, receiver), (on, found) => {
      if (!isView(found, 'transport')) throw new Error('a datagram has a transport view');
      let other = new Code(lowering, on);
      for (const [name, { size }] of [
        ['tcp', tcpLayout],
        ['udp', udpLayout],
        ['sctp', sctpLayout],
      ] as const) {
        const sides = other.when('eq', transportPart(found, 'protocol'), n(protocolNumbers[name]));
        other = sides.otherwise;
        const code = requireTransport(ends, sides.then, found, receiver.fixed.quoted === true ? 8 : size);
        ends.found(code, transportView('ports', code, receiver, found));
      }
      ends.fail(other);
      return [];
    });
    return ends.outcomes();
  });
}

const FRAGMENT_NAME = { low: 0n, high: 0xffff_ffffn };

/** IPv6: of a fragment header directly behind this one. */
const identification: Member = ({ lowering, path, receiver }) => {
  if (versionOf(receiver) === 4) {
    const place = ipv4Layout.fields.identification;
    return [{ path, value: integerField(new Code(lowering, path), ipPart(receiver, 'at'), place) }];
  }
  const [at, offset, end] = [ipPart(receiver, 'at'), ipPart(receiver, 'offset'), ipPart(receiver, 'end')];
  return once(path, `fragment name ${at}@${path.epoch}`, () => {
    const { fields, size } = ipv6FragmentLayout;
    const ends = new Ends(lowering);
    const start = new Code(lowering, path);
    const next = start.load(at, ipv6Layout.fields.nextHeader.at, 8);
    const fragment = ends.require(start.when('eq', next, n(extensionNumbers.fragment)));
    const behind = fragment.alu('add', offset, n(ipv6Layout.size + size));
    const inside = ends.require(fragment.when('ule', behind, end, 'then'));
    const code = ends.require(inside.whenInPacket(at, ipv6Layout.size + size));
    const name = code.loadNetwork(at, ipv6Layout.size + fields.identification.at, 32);
    ends.found(code, lowering.integer(name, FRAGMENT_NAME));
    return ends.outcomes();
  });
};

export const ipMembers: Members = {
  properties: {
    version: reading((_code, ip) => constant(versionOf(ip))),
    src: reading((code, ip) => addressField(code, ip, 'src')),
    dst: reading((code, ip) => addressField(code, ip, 'dst')),
    length: reading((code, ip) => code.lowering.integer(ipPart(ip, 'length'), LENGTH)),
    hops: headerField('hops'),
    trafficClass: headerField('trafficClass'),
    protocol: ofTransport((_code, found) => ({
      kind: 'name',
      domain: { kind: 'protocol' },
      id: transportPart(found, 'protocol'),
    })),
    isFragment: notZero('fragment'),
    isFirstFragment: notZero('first'),
    hasOptions: notZero('options'),
    identification,
    dontFragment: ofVersion4((code, ip) => flagField(code, ipPart(ip, 'at'), ipv4Layout.fields.dontFragment)),
    flowLabel: reading((code, ip) =>
      versionOf(ip) === 6 ? integerField(code, ipPart(ip, 'at'), ipv6Layout.fields.flowLabel) : UNDEFINED,
    ),
  },
  methods: {
    tcp: opened('tcp', tcpLayout.size, checkTcp),
    udp: opened('udp', udpLayout.size, checkUdp),
    icmp,
    ports,
    flow: ({ lowering, path, receiver }) => flowOf(lowering, path, receiver),
    rewrite,
    next: nextOfIp,
    ip: ipOfIp,
  },
};
