// What becomes of the entries of a flow, told from the flags of its packets.
import { type FiveTuple, type Ip, type IpHeader, type Ref, reverse, sameFamily } from '@twinpath/vnf';
import type { Way } from './carry.ts';
import { active, count, halfOpen, type halfOpenFlow, type sessionOf, sessions } from './tables.ts';

/** A packet of a session. `false`: it opens a new flow between the same ends, and the entries of the old one are gone. */
export function advance(ip: IpHeader, flow: FiveTuple, known: Ref<typeof sessionOf>): boolean {
  const tcp = ip.tcp();
  if (tcp && !tcp.syn && !tcp.fin && !tcp.rst) return true;
  const { address, port, fromServer, server } = known;
  if (!sameFamily(address, flow.src)) return true;
  const opposite = opposed(flow, fromServer, address, port);
  if (!tcp) {
    // Streams of UDP may go one way for hours: both entries are in use.
    sessions.lookup(opposite);
    return true;
  }
  if (tcp.syn) {
    if (known.state !== 'closing' || fromServer) return true;
    sessions.remove(flow);
    sessions.remove(opposite);
    return false;
  }
  if (known.state === 'closing') return true;
  const other = sessions.lookup(opposite);
  // Who has sent FIN may be sent data for long: the flow is over when both have, or with RST.
  if (!tcp.rst && other?.state !== 'half-closed') {
    known.state = 'half-closed';
    return true;
  }
  known.state = 'closing';
  if (other) other.state = 'closing';
  const flows = active.at(server);
  if (flows && flows.flows > 0) flows.flows -= 1;
  return true;
}

/** A packet of a flow that is not proved: an answer proves that the server speaks, the client's next packet that the client got it.
 *  Who sends from forged addresses gets no answers. Where answers do not come through here, two packets behind the first are
 *  taken for a proof. */
export function confirm(ip: IpHeader, flow: FiveTuple, waiting: Ref<typeof halfOpenFlow>): void {
  const tcp = ip.tcp();
  if (tcp?.rst === true) return;
  const { address, port, fromServer, mode, server, isAnswered } = waiting;
  if (!sameFamily(address, flow.src)) return;
  const opposite = opposed(flow, fromServer, address, port);
  if (fromServer) {
    const asked = halfOpen.lookup(opposite);
    if (asked) asked.isAnswered = true;
    return;
  }
  if (tcp?.syn === true) return;
  if (!isAnswered) {
    if (mode !== 'nat') waiting.isAnswered = true;
    return;
  }
  const state = tcp ? 'tcp' : 'udp';
  if (!sessions.insert(flow, { state, mode, fromServer: false, server, address, port })) {
    count.full();
    return;
  }
  const back = { state, mode, fromServer: true, server, address: flow.dst, port: flow.dport } as const;
  if (mode === 'nat' && !sessions.insert(opposite, back)) {
    sessions.remove(flow);
    count.full();
    return;
  }
  halfOpen.remove(flow);
  if (mode === 'nat') halfOpen.remove(opposite);
  count.opened();
  const flows = active.at(server);
  if (flows) flows.flows += 1;
}

/** Both entries of a session go. */
export function forget(flow: FiveTuple, { address, port, fromServer }: Way): void {
  if (sameFamily(address, flow.src)) sessions.remove(opposed(flow, fromServer, address, port));
  sessions.remove(flow);
}

/** The key of the other direction's packets. */
function opposed(flow: FiveTuple, fromServer: boolean, address: Ip, port: number): FiveTuple {
  return reverse(fromServer ? { ...flow, src: address, sport: port } : { ...flow, dst: address, dport: port });
}
