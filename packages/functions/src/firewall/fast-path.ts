import {
  canonical,
  drop,
  type FiveTuple,
  type IpHeader,
  isCanonical,
  next,
  type Packet,
  slowPath,
  stack,
  type Verdict,
} from '@twinpath/vnf';
import type { Config } from './config.ts';
import { count, flows, NO_RULE, rules, undecided } from './tables.ts';

type Constants = Omit<Config, 'rules'>;
type Direction = 'in' | 'out';
type State = 'opening' | 'open' | 'closing' | 'refused';

/** Every IP packet ends at one of these lines; nothing passes because it could not be read. */
export function filter(packet: Packet, config: Constants, direction: Direction): Verdict {
  const ip = packet.ip();
  if (!ip) return judgeOther(packet, config);
  if (ip.hasOptions && config.options === 'drop') {
    count.optioned();
    return drop;
  }

  const icmp = ip.icmp();
  if (icmp?.neighbour()) return next; // what ARP is to IPv4
  const quoted = icmp?.quoted()?.flow();
  if (quoted) return judgeError(quoted);

  const flow = ip.flow();
  if (!flow) return judgeUnreadable(ip, config);

  const known = flows.lookup(canonical(flow));
  if (!known) return judgeFirst(flow, config, direction);
  known.traffic.count(packet);
  if (known.state === 'refused') {
    count.refused();
    return drop;
  }
  known.state = stateAfter(known.state, ip, isCanonical(flow) === known.openedByLowerEnd);
  count.known();
  return next;
}

function judgeOther(packet: Packet, config: Constants): Verdict {
  if (packet.arp()) return next;
  count.notIp();
  return config.otherTypes === 'allow' ? next : drop;
}

/** A later fragment, or a transport header that is cut off or contradicts itself. */
function judgeUnreadable(ip: IpHeader, config: Constants): Verdict {
  if (!ip.isFirstFragment) {
    count.fragments();
    return config.laterFragments === 'allow' ? next : drop;
  }
  count.unreadable();
  return drop;
}

/** An ICMP error goes where the flow goes that it is about. */
function judgeError(quoted: FiveTuple): Verdict {
  const about = flows.peek(canonical(quoted));
  if (about && about.state !== 'refused') return next;
  count.refused();
  return drop;
}

/** The packet of a flow that nothing is known about: the rules in order, then what the configuration says. */
function judgeFirst(flow: FiveTuple, config: Constants, direction: Direction): Verdict {
  const rule = rules.ordered.first({ direction, ...flow });
  switch (rule?.action ?? config.otherwise) {
    case 'allow':
      flows.insert(canonical(flow), {
        state: 'opening',
        openedByLowerEnd: isCanonical(flow),
        rule: rule?.rule ?? NO_RULE,
      });
      count.opened();
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

/** The state behind this packet, from the flags alone. UDP and ICMP are open as soon as an answer is seen. */
function stateAfter(state: State, ip: IpHeader, fromOpener: boolean): State {
  const tcp = ip.tcp();
  if (tcp && (tcp.fin || tcp.rst)) return 'closing';
  if (state === 'opening' && !fromOpener) return 'open';
  return state;
}
