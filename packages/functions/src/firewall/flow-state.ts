// Flows: what is known of them, from the flags of their packets alone.
import {
  canonical,
  decidedBy,
  drop,
  type FiveTuple,
  type IpHeader,
  isCanonical,
  next,
  type Packet,
  type Verdict,
} from '@twinpath/vnf';
import { BY_UNKNOWN_ERROR } from './decisions.ts';
import { count, flows, opening } from './tables.ts';

type State = 'open' | 'stream' | 'closedByOpener' | 'closedByAnswerer' | 'closed';

/** An ICMP error goes where the flow goes that it is about. */
export function followError(about: FiveTuple): Verdict {
  const key = canonical(about);
  const known = flows.peek(key);
  if (known) {
    decidedBy(known.rule);
    return next;
  }
  const half = opening.peek(key);
  if (half && half.state !== 'refused') {
    decidedBy(half.rule);
    return next;
  }
  decidedBy(BY_UNKNOWN_ERROR);
  count.refused();
  return drop;
}

/** The verdict on a packet of a flow that is known; `undefined`: it opens one. */
export function followFlow(packet: Packet, ip: IpHeader, flow: FiveTuple): Verdict | undefined {
  const key = canonical(flow);
  const known = flows.lookup(key);
  if (!known) return followOpening(packet, ip, flow);
  const tcp = ip.tcp();
  if (tcp?.syn && !tcp.ack && known.state !== 'open') {
    // Old ports, a new connection: the rules decide.
    flows.remove(key);
    return undefined;
  }
  decidedBy(known.rule);
  known.traffic.count(packet);
  if (tcp && (tcp.fin || tcp.rst)) {
    known.state = stateAfter(known.state, tcp.rst, isCanonical(flow) === known.openedByLowerEnd);
  }
  count.known();
  return next;
}

/** RST, or FIN from both ends. */
function stateAfter(state: State, isReset: boolean, byOpener: boolean): State {
  if (isReset || state === 'closed') return 'closed';
  if (byOpener) return state === 'closedByAnswerer' ? 'closed' : 'closedByOpener';
  return state === 'closedByOpener' ? 'closed' : 'closedByAnswerer';
}

/** TCP is open with the opener's packet behind an answer, so that no SYN from a forged address makes more than an opening flow;
 *  others with the answer. */
function followOpening(packet: Packet, ip: IpHeader, flow: FiveTuple): Verdict | undefined {
  const key = canonical(flow);
  const half = opening.lookup(key);
  if (!half) return undefined;
  const { rule, openedByLowerEnd, state } = half;
  decidedBy(rule);
  if (state === 'refused') {
    count.refused();
    return drop;
  }
  const isAnswer = isCanonical(flow) !== openedByLowerEnd;
  const tcp = ip.tcp();
  if (tcp && state === 'closed' && tcp.syn && !tcp.ack) {
    opening.remove(key);
    return undefined;
  }
  count.known();
  half.traffic.count(packet);
  if (flow.protocol !== 'tcp') {
    if (isAnswer && flows.insert(key, { state: 'stream', openedByLowerEnd, rule })) opening.remove(key);
    return next;
  }
  if (!tcp) return next;
  if (tcp.rst) half.state = 'closed';
  else if (isAnswer && state === 'opening') half.state = 'answered';
  if (tcp.rst || tcp.syn || isAnswer || state !== 'answered') return next;
  if (flows.insert(key, { state: tcp.fin ? 'closedByOpener' : 'open', openedByLowerEnd, rule })) opening.remove(key);
  return next;
}
