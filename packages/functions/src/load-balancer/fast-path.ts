import { drop, type FiveTuple, type IpHeader, next, type Packet, type Ref, stack, type Verdict } from '@twinpath/vnf';
import { carry, type Way } from './carry.ts';
import type { Config } from './config.ts';
import { followFragment, rememberFragment } from './fragments.ts';
import { bringError } from './icmp-errors.ts';
import { isOverLimit, place } from './place.ts';
import { advance, confirm, forget } from './session-state.ts';
import { count, halfOpen, plan, servers, type sessionOf, sessions } from './tables.ts';

export type Constants = Omit<Config, 'services'>;

/** A packet of a flow that is known costs one lookup; what belongs to no service is left as it is. */
export function balance(packet: Packet, config: Constants): Verdict {
  const ip = packet.ip();
  if (!ip) return next;
  if (ip.version === 4 ? !config.uses.ip4 : !config.uses.ip6) return next;
  const flow = ip.flow();
  if (!flow) return ip.isFirstFragment ? next : followFragment(packet, ip, config);
  if (flow.protocol !== 'tcp' && flow.protocol !== 'udp') return bringError(packet, ip, config);

  const session = sessions.lookup(flow);
  if (session && !isLost(session, config)) {
    // Most packets are of TCP and change nothing: they are through here, with nothing of what follows.
    const tcp = ip.tcp();
    if (tcp && !tcp.syn && !tcp.fin && !tcp.rst && !ip.isFragment) return goOn(packet, ip, flow, session, config);
    if (advance(ip, flow, session)) {
      count.known();
      return send(packet, ip, flow, wayOf(session), config);
    }
  } else if (session) forget(flow, session);
  return withoutSession(packet, ip, flow, config);
}

function goOn(
  packet: Packet,
  ip: IpHeader,
  flow: FiveTuple,
  session: Ref<typeof sessionOf>,
  config: Constants,
): Verdict {
  count.known();
  return carry(packet, ip, flow, wayOf(session), config);
}

function withoutSession(packet: Packet, ip: IpHeader, flow: FiveTuple, config: Constants): Verdict {
  const waiting = halfOpen.lookup(flow);
  if (waiting && !isLost(waiting, config)) {
    count.known();
    const way = wayOf(waiting);
    confirm(ip, flow, waiting);
    return send(packet, ip, flow, way, config);
  }
  const service = plan.services.lookup({ address: flow.dst, port: flow.dport, protocol: flow.protocol });
  if (!service) return next;
  if (config.uses.limit && isOverLimit(packet, service)) {
    count.limited();
    return drop;
  }
  const { toStack } = service;
  const way = place({ flow, service, config });
  if (way) return send(packet, ip, flow, way, config);
  return toStack ? stack : drop;
}

function send(packet: Packet, ip: IpHeader, flow: FiveTuple, way: Way, config: Constants): Verdict {
  if (ip.isFragment) rememberFragment(packet, flow, way);
  return carry(packet, ip, flow, way, config);
}

/** The flow's server is down, and its flows are to be placed anew. */
function isLost({ fromServer, server }: Way, { whenDown }: Constants): boolean {
  return whenDown === 'end' && !fromServer && servers.at(server)?.state === 'down';
}

const wayOf = ({ mode, fromServer, server, address, port }: Way): Way => ({ mode, fromServer, server, address, port });
