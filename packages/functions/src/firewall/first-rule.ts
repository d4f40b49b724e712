import type { FiveTuple, IpHeader, Packet, Ref } from '@twinpath/vnf';
import { UNTAGGED } from './classes.ts';
import type { Constants, Direction } from './fast-path.ts';
import { icmpStart, rules, type ruling, tcpStart } from './tables.ts';

/** What the first rule that matches says. */
export function firstRule(
  packet: Packet,
  ip: IpHeader,
  flow: FiveTuple,
  config: Constants,
  direction: Direction,
): Readonly<Ref<typeof ruling>> | undefined {
  const { src, dst, protocol } = flow;
  return rules.ordered.first({
    direction,
    src,
    dst,
    protocol,
    sport: config.uses.sourcePorts ? flow.sport : 0,
    dport: config.uses.icmp ? portOrType(ip, flow) : flow.dport,
    class: classOf(packet, ip, flow, config),
  });
}

function portOrType(ip: IpHeader, { protocol, dport }: FiveTuple): number {
  if (protocol !== 'icmp' && protocol !== 'icmp6') return dport;
  const icmp = ip.next(icmpStart);
  return icmp ? icmp.type * 256 + icmp.code : 0;
}

/** See classes.ts: the three tables' numbers do not add up to more than a byte. */
function classOf(packet: Packet, ip: IpHeader, { protocol }: FiveTuple, { uses }: Constants): number {
  let sum = 0;
  if (uses.flags && protocol === 'tcp') {
    const tcp = ip.next(tcpStart);
    if (tcp) sum += rules.flags.at(tcp.flags)?.class ?? 0;
  }
  if (uses.vlans) sum += rules.vlans.lookup({ id: packet.ethernet()?.vlan?.id ?? UNTAGGED })?.class ?? 0;
  if (uses.interfaces) sum += rules.interfaces.lookup({ port: packet.port })?.class ?? 0;
  return sum & 0xff;
}
