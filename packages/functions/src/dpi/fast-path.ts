import {
  canonical,
  copyToSlowPath,
  type FiveTuple,
  type IpHeader,
  next,
  type Packet,
  type Ref,
  slowPath,
  type u16,
  type Verdict,
} from '@twinpath/vnf';
import type { Config } from './config.ts';
import { enforce, placeOf, type Ruling } from './enforce.ts';
import { followFragment, rememberFragment } from './fragments.ts';
import { UNDECIDED } from './sizes.ts';
import { count, flows, held, policies, sample, undecided, type undecidedFlow } from './tables.ts';

export type Constants = Omit<Config, 'policies' | 'applications' | 'classifiers'>;
export type FlowKey = FiveTuple & { vlan: u16 };

/** A packet of a flow that has a verdict costs one lookup, and another one for what is counted. */
export function inspect(packet: Packet, config: Constants): Verdict {
  const ip = packet.ip();
  if (!ip) return next;
  // Most packets are of TCP and change nothing: what was seen of their headers is known on all of their way.
  if (isPlain(ip)) {
    const flow = ip.flow();
    const known = flow && flows.lookup(keyOf(packet, flow));
    if (known) return enforce(packet, ip, rulingOf(known), config);
  }
  const flow = ip.flow();
  if (!flow) return ip.isFirstFragment ? next : followFragment(packet, ip, config);
  const key = keyOf(packet, flow);

  const known = flows.lookup(key);
  if (!known) return lookCloser(packet, ip, key, config);
  const ruling = rulingOf(known);
  const tcp = ip.tcp();
  if (tcp && (tcp.syn || tcp.fin || tcp.rst)) {
    const isClosing = known.state === 'closing';
    if (!tcp.syn) known.state = 'closing';
    else if (tcp.ack || isClosing || !blocks(ruling, config)) {
      flows.remove(key);
      count.restarted();
      return lookCloser(packet, ip, key, config);
    } else return next;
  }
  if (ip.isFragment) rememberFragment(packet, key, ruling);
  return enforce(packet, ip, ruling, config);
}

const keyOf = (packet: Packet, flow: FiveTuple): FlowKey => ({
  ...canonical(flow),
  vlan: packet.ethernet()?.vlan?.id ?? 0,
});
const rulingOf = ({ application, riskPolicy }: Ruling): Ruling => ({ application, riskPolicy });

function isPlain(ip: IpHeader): boolean {
  const tcp = ip.tcp();
  return tcp !== undefined && !tcp.syn && !tcp.fin && !tcp.rst && !ip.isFragment;
}

/** A sender whose connection is blocked must not get rid of the verdict with a SYN that the other end does not accept: then only the
 *  SYN of the answer, or the end of the old connection, shows a new one. */
function blocks(ruling: Ruling, config: Constants): boolean {
  if (!config.acts) return false;
  const policy = policies.at(placeOf(ruling));
  return policy !== undefined && (policy.action === 'drop' || policy.action === 'limit');
}

/** A flow without a verdict: its first packets are shown to the classifiers. */
function lookCloser(packet: Packet, ip: IpHeader, key: FlowKey, config: Constants): Verdict {
  const tcp = ip.tcp();
  const before = undecided.lookup(key);
  if (before && tcp?.syn === true && before.isClosing) undecided.remove(key);
  const waiting = undecided.lookup(key) ?? begin(packet, ip, key, config);
  if (!waiting) return next;
  if (tcp && (tcp.fin || tcp.rst)) waiting.isClosing = true;
  const { application, riskPolicy, left, born } = waiting;
  if (application !== UNDECIDED) return enforce(packet, ip, { application, riskPolicy }, config);
  waiting.traffic.count(packet);
  if (left === 0) {
    count.waiting();
    return next;
  }
  waiting.left = left - 1;
  // It is counted, as nDPI's reader counts it, and tells nothing; the last one that counts tells that nothing comes behind it.
  if (left > 1 && isBareAck(ip)) {
    count.bare();
    return next;
  }
  count.shown();
  if (config.mode === 'hold') return slowPath(held, { key, born, left: left - 1 });
  copyToSlowPath(sample, { key, born, left: left - 1 });
  return next;
}

/** A segment that carries nothing, and neither opens nor ends a connection. */
function isBareAck(ip: IpHeader): boolean {
  const tcp = ip.tcp();
  return tcp !== undefined && !tcp.syn && !tcp.fin && !tcp.rst && tcp.payload() === undefined;
}

function begin(
  packet: Packet,
  ip: IpHeader,
  key: FlowKey,
  { packets }: Constants,
): Ref<typeof undecidedFlow> | undefined {
  count.opened();
  const left = ip.tcp() ? packets.tcp : packets.other;
  return undecided.lookupOrInsert(key, {
    born: packet.now,
    left,
    isClosing: false,
    application: UNDECIDED,
    risks: 0n,
    riskPolicy: 0,
  });
}
