// Takes established flows off a router whose rules are Linux' own (netfilter with connection tracking): the rules decide, and
// what they have let through in both directions goes by the fast path for a while.

import {
  bool,
  counters,
  fiveTuple,
  type IpHeader,
  instant,
  net,
  next,
  reverse,
  route,
  table,
  vnf,
} from '@twinpath/vnf';
import { z } from 'zod';

/** One direction of a flow. */
const flows = table({
  key: fiveTuple,
  value: {
    /** The host has let a packet through so recently that the next ones need not go by it; 0: it has not yet. */
    leasedUntil: instant,
    /** A packet is with the host: what leaves was let through by it. */
    asked: bool,
    /** A FIN or RST was seen: connection tracking sees all the rest. */
    closing: bool,
  },
  max: 1_000_000,
  whenFull: 'evict',
  idleTimeout: '5 min',
});

const count = counters({
  offloaded: 'packets of flows that the host has let through, forwarded by the fast path',
  host: 'packets of TCP and UDP given to the host',
  accepted: 'packets that the host let through, and leases granted for it',
});

/** Where connection tracking changes the state of a connection. */
const changesState = (ip: IpHeader): boolean => {
  const tcp = ip.tcp();
  return tcp !== undefined && (tcp.syn || tcp.fin || tcp.rst);
};

export default vnf({
  name: 'offload',
  summary: 'Forwards flows that the host’s own rules have let through',
  config: z.object({ lease: net.duration('1 s') }),
  tables: { flows },
  counters: count,

  fastPath: {
    ingress(packet) {
      const ip = packet.ip();
      if (!ip || (!ip.tcp() && !ip.udp())) return next;
      const flow = ip.flow();
      if (!flow) return next;
      const own = flows.lookupOrInsert(flow, { leasedUntil: 0, asked: true, closing: false });
      if (!own) return next;
      const back = flows.lookup(reverse(flow));
      const tcp = ip.tcp();
      if (tcp) {
        if (tcp.fin || tcp.rst) {
          own.closing = true;
          if (back) back.closing = true;
        } else if (tcp.syn && !tcp.ack) {
          own.closing = false;
          own.leasedUntil = 0;
          if (back) {
            back.closing = false;
            back.leasedUntil = 0;
          }
        }
      }
      const isAnswered = back !== undefined && back.leasedUntil !== 0;
      if (isAnswered && own.leasedUntil > packet.now && !own.closing && !changesState(ip)) {
        count.offloaded();
        return route(packet);
      }
      own.asked = true;
      count.host();
      return next;
    },

    egress(packet, { lease }) {
      const flow = packet.ip()?.flow();
      const own = flow && flows.lookup(flow);
      if (own?.asked) {
        own.asked = false;
        own.leasedUntil = packet.now + lease;
        count.accepted();
      }
      return next;
    },
  },
});
