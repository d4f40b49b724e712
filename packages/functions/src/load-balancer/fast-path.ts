import { drop, type FiveTuple, type IpHeader, next, type Packet, stack, type Verdict } from '@twinpath/vnf';
import { carry, type Way } from './carry.ts';
import type { Config } from './config.ts';
import { followFragment, rememberFragment } from './fragments.ts';
import { bringError } from './icmp-errors.ts';
import { isOverLimit, place } from './place.ts';
import { advance, confirm, forget } from './session-state.ts';
import { count, halfOpen, plan, servers, sessions } from './tables.ts';

export type Constants = Omit<Config, 'services'>;

/** A packet of a flow that is known costs one lookup; what belongs to no service is left as it is. */
export function balance(packet: Packet, config: Constants): Verdict {
  const ip = packet.ip();
  if (!ip) return next;
  if (ip.version === 4 ? !config.uses.ip4 : !config.uses.ip6) return next;
  // Most packets are of TCP and change nothing: what was seen of their headers is known on all of their way. Behind extension headers, or
  // with all modes, there would be more ways than the verifier has patience for.
  if (ip.version === 4 && !config.uses.direct && !config.uses.tunnel && isPlain(ip)) {
    const flow = ip.flow();
    const session = flow && sessions.lookup(flow);
    if (session && !isLost(session, config)) {
      count.known();
      return carry(packet, ip, flow, wayOf(session), config);
    }
  }
  const flow = ip.flow();
  if (!flow) return ip.isFirstFragment ? next : followFragment(packet, ip, config);
  if (flow.protocol !== 'tcp' && flow.protocol !== 'udp') return bringError(packet, ip, config);

  const session = sessions.lookup(flow);
  let way: Way | undefined;
  if (session && isLost(session, config)) forget(flow, session);
  else if (session && advance(ip, flow, session)) {
    count.known();
    way = wayOf(session);
  }
  if (!way) way = wayOfWaiting(ip, flow, config);
  if (way) return send(packet, ip, flow, way, config);

  const service = plan.services.lookup({ address: flow.dst, port: flow.dport, protocol: flow.protocol });
  if (!service) return next;
  if (config.uses.limit && isOverLimit(packet, service)) {
    count.limited();
    return drop;
  }
  const { toStack } = service;
  const placed = place({ flow, service, config });
  if (placed) return send(packet, ip, flow, placed, config);
  return toStack ? stack : drop;
}

function isPlain(ip: IpHeader): boolean {
  const tcp = ip.tcp();
  return tcp !== undefined && !tcp.syn && !tcp.fin && !tcp.rst && !ip.isFragment;
}

function send(packet: Packet, ip: IpHeader, flow: FiveTuple, way: Way, config: Constants): Verdict {
  if (ip.isFragment) rememberFragment(packet, flow, way);
  return carry(packet, ip, flow, way, config);
}

function wayOfWaiting(ip: IpHeader, flow: FiveTuple, config: Constants): Way | undefined {
  const waiting = halfOpen.lookup(flow);
  if (!waiting || isLost(waiting, config)) return undefined;
  count.known();
  const way = wayOf(waiting);
  confirm(ip, flow, waiting);
  return way;
}

/** The flow's server is down, and its flows are to be placed anew. */
function isLost({ fromServer, server }: Way, { whenDown }: Constants): boolean {
  return whenDown === 'end' && !fromServer && servers.at(server)?.state === 'down';
}

const wayOf = ({ mode, fromServer, server, address, port }: Way): Way => ({ mode, fromServer, server, address, port });
