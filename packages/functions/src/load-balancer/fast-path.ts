import { next, type Packet, type Verdict } from '@twinpath/vnf';
import { carry } from './carry.ts';
import type { Config } from './config.ts';
import { followFragment, rememberFragment } from './fragments.ts';
import { bringError } from './icmp-errors.ts';
import { place } from './place.ts';
import { advance, confirm } from './session-state.ts';
import { count, halfOpen, plan, sessions } from './tables.ts';

export type Constants = Omit<Config, 'services'>;

/** A packet of a flow that is known costs one lookup; what belongs to no service is left as it is. */
export function balance(packet: Packet, config: Constants): Verdict {
  const ip = packet.ip();
  if (!ip) return next;
  const flow = ip.flow();
  if (!flow) return ip.isFirstFragment ? next : followFragment(packet, ip, config);
  if (flow.protocol !== 'tcp' && flow.protocol !== 'udp') return bringError(packet, ip, config);

  const known = sessions.lookup(flow);
  if (known && advance(ip, flow, known)) {
    count.known();
    if (ip.isFragment) rememberFragment(packet, flow, known);
    return carry(packet, ip, flow, known, config);
  }
  const waiting = halfOpen.lookup(flow);
  if (waiting) {
    count.known();
    const { mode, fromServer, server, address, port } = waiting;
    const way = { mode, fromServer, server, address, port };
    confirm(ip, flow, waiting);
    if (ip.isFragment) rememberFragment(packet, flow, way);
    return carry(packet, ip, flow, way, config);
  }
  const service = plan.services.lookup({ address: flow.dst, port: flow.dport, protocol: flow.protocol });
  return service ? place(packet, { ip, flow, service, config }) : next;
}
