// Two functions whose shapes the tests of layouts and plans use.

import { z } from 'zod';
import {
  bool,
  canonical,
  classifier,
  counters,
  drop,
  fiveTuple,
  ip,
  lpm,
  next,
  oneOf,
  packetIn,
  portRange,
  prefix,
  protocol,
  ruleSet,
  slowPath,
  table,
  tally,
  text,
  traffic,
  vnf,
} from './index.ts';

const rules = ruleSet({
  ordered: classifier({
    match: { direction: oneOf('in', 'out'), src: prefix, dst: prefix, protocol, dport: portRange },
    value: { action: oneOf('allow', 'drop', 'ask') },
    max: 10_000,
  }),
  networks: lpm({ key: prefix, value: { zone: text(8) }, max: 100 }),
});
const flows = table({
  key: fiveTuple,
  value: { state: oneOf('opening', 'open', 'closing'), openedByLowerEnd: bool, traffic },
  max: 1_000_000,
  whenFull: 'evict',
  idleTimeout: { state: { opening: '30 s', open: '2 h', closing: '10 s' } },
});
const named = table({ key: { address: ip }, value: { allowed: bool }, max: 65_536, timeout: '5 min' });
const undecided = packetIn({ metadata: { flow: fiveTuple }, limit: '5000/s' });
const count = counters({ opened: 'flows allowed', refused: 'packets dropped' });

export const firewall = vnf({
  name: 'firewall',
  config: z.object({ otherwise: z.enum(['drop', 'allow']) }),
  tables: { rules, flows, named },
  counters: count,
  reasons: { undecided },
  fastPath(packet, config) {
    const flow = packet.ip()?.flow();
    if (!flow) return next;
    if (flows.lookup(canonical(flow))) return next;
    const rule = rules.ordered.first({ direction: 'in', ...flow });
    if (rule?.action === 'ask') return slowPath(undecided, { flow });
    if ((rule?.action ?? config.otherwise) === 'allow') {
      flows.insert(canonical(flow), { state: 'opening', openedByLowerEnd: true });
      count.opened();
      return next;
    }
    count.refused();
    return drop;
  },
  slowPath({ tables }) {
    return {
      undecided(packet, { flow }) {
        tables.named.set({ address: flow.dst }, { allowed: true });
        packet.retry();
      },
    };
  },
});

const networks = lpm({ key: prefix, value: { country: text(2) }, max: 1_000_000 });
const countries = tally({ by: { country: text(2) }, max: 256, help: 'traffic by country of the sender' });

export const countByCountry = vnf({
  name: 'count-by-country',
  tables: { networks, countries },
  fastPath(packet) {
    const ip = packet.ip();
    if (ip) countries.count(packet, { country: networks.lookup(ip.src)?.country ?? '??' });
    return next;
  },
});
