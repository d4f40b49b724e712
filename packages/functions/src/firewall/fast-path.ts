import {
  canonical,
  decidedBy,
  drop,
  type FiveTuple,
  type IpHeader,
  isCanonical,
  next,
  notify,
  type Packet,
  randomU32,
  slowPath,
  stack,
  type Verdict,
} from '@twinpath/vnf';
import type { Config } from './config.ts';
import {
  BY_FRAGMENT,
  BY_NEIGHBOUR,
  BY_NO_RULE,
  BY_OPENING,
  BY_OPTIONS,
  BY_OTHER_TYPE,
  BY_UNREADABLE,
} from './decisions.ts';
import { firstRule } from './first-rule.ts';
import { followError, followFlow } from './flow-state.ts';
import { isOverLimit } from './rule-limit.ts';
import { count, logged, opening, undecided } from './tables.ts';

export type Constants = Omit<Config, 'rules' | 'sets'>;
export type Direction = 'in' | 'out';

/** Every IP packet ends at one of these lines; nothing passes because it could not be read. */
export function filter(packet: Packet, config: Constants, direction: Direction): Verdict {
  const ip = packet.ip();
  if (!ip) return judgeOther(packet, config);
  if (config.options === 'drop' && ip.hasOptions) {
    decidedBy(BY_OPTIONS);
    count.optioned();
    return drop;
  }

  const icmp = ip.icmp();
  if (icmp?.neighbour()) {
    // What ARP is to IPv4.
    decidedBy(BY_NEIGHBOUR);
    return next;
  }
  if (config.stateful) {
    const about = icmp?.quoted()?.flow();
    if (about) return followError(about);
  }

  const flow = ip.flow();
  if (!flow) return judgeUnreadable(ip, config);
  if (config.stateful) {
    const followed = followFlow(packet, ip, flow);
    if (followed) return followed;
    if (config.opening === 'syn' && !mayOpen(ip, flow)) {
      decidedBy(BY_OPENING);
      count.unopened();
      return drop;
    }
  }
  return judge(packet, ip, flow, config, direction);
}

function judgeOther(packet: Packet, config: Constants): Verdict {
  if (packet.arp()) {
    decidedBy(BY_NEIGHBOUR);
    return next;
  }
  decidedBy(BY_OTHER_TYPE);
  count.notIp();
  return config.otherTypes === 'allow' ? next : drop;
}

/** A later fragment, or a transport header that is cut off or contradicts itself. */
function judgeUnreadable(ip: IpHeader, config: Constants): Verdict {
  if (!ip.isFirstFragment) {
    decidedBy(BY_FRAGMENT);
    count.fragments();
    return config.laterFragments === 'allow' ? next : drop;
  }
  decidedBy(BY_UNREADABLE);
  count.unreadable();
  return drop;
}

/** Asked before the rules: their trees are walked by the verifier once for each state that packets come in. */
function mayOpen(ip: IpHeader, { protocol }: FiveTuple): boolean {
  if (protocol !== 'tcp') return true;
  const tcp = ip.tcp();
  return tcp?.syn === true && !tcp.ack;
}

/** The rules in order, then what the configuration says: of every packet, or of those that open a flow. */
function judge(packet: Packet, ip: IpHeader, flow: FiveTuple, config: Constants, direction: Direction): Verdict {
  const ruling = config.uses.rules ? firstRule(packet, ip, flow, config, direction) : undefined;
  const rule = ruling?.rule ?? BY_NO_RULE;
  decidedBy(rule);
  if (config.uses.logs && ruling && ruling.sample > 0 && randomU32() <= ruling.sample) {
    notify(logged, { flow, direction, rule });
  }
  switch (ruling?.action ?? config.otherwise) {
    case 'allow':
      if (config.uses.limits && ruling && isOverLimit(packet, ruling)) {
        count.limited();
        return drop;
      }
      if (config.stateful) {
        opening.insert(canonical(flow), { state: 'opening', openedByLowerEnd: isCanonical(flow), rule });
        count.opened();
      }
      return next;
    case 'ask':
      count.asked();
      return slowPath(undecided, { flow, direction });
    case 'offload':
      return stack;
    default:
      count.refused();
      return drop;
  }
}
