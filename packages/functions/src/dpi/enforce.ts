import { drop, type IpHeader, next, type Packet, type Verdict } from '@twinpath/vnf';
import type { Constants } from './fast-path.ts';
import { take } from './rate.ts';
import { carried, count, policies, rates } from './tables.ts';

/** Counts a packet of an application, and does what the policy says. */
export function enforce(packet: Packet, ip: IpHeader, application: number, config: Constants): Verdict {
  carried.at(application)?.traffic.count(packet);
  if (!config.acts) return next;
  const policy = policies.at(application);
  if (!policy || policy.action === 'allow') return next;
  switch (policy.action) {
    case 'drop':
      count.dropped();
      return drop;
    case 'mark':
      // The lower two bits are those of congestion (RFC 3168).
      ip.trafficClass = policy.mark | (ip.trafficClass & 3);
      count.marked();
      return next;
    default: {
      const limit = rates.at(policy.limit);
      if (!limit || take(limit, packet.length, packet.now)) return next;
      count.limited();
      return drop;
    }
  }
}
