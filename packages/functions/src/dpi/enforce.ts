import { drop, type IpHeader, next, type Packet, type Verdict } from '@twinpath/vnf';
import type { Constants } from './fast-path.ts';
import { take } from './rate.ts';
import { APPLICATIONS } from './sizes.ts';
import { carried, count, policies, rates } from './tables.ts';

/** What the fast path needs of a verdict. */
export interface Ruling {
  readonly application: number;
  readonly riskPolicy: number;
}

/** Where the policy of a verdict stands in `policies`. */
export function placeOf({ application, riskPolicy }: Ruling): number {
  return riskPolicy === 0 ? application : APPLICATIONS - 1 + riskPolicy;
}

/** Counts a packet of an application, and does what the policy says. */
export function enforce(packet: Packet, ip: IpHeader, ruling: Ruling, config: Constants): Verdict {
  carried.at(ruling.application)?.traffic.count(packet);
  if (!config.acts) return next;
  const policy = policies.at(placeOf(ruling));
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
