// A stateful firewall for IPv4 and IPv6. It sits on a port in line and sees what enters and what leaves.
//
// Rules decide the first packet of a flow; all others, both ways, need one lookup. A rule with a condition that no table can
// hold (a time of day, a DNS name) is decided by the slow path, once for each flow.
import { canonical, type FiveTuple, isCanonical, net, vnf } from '@twinpath/vnf';
import { z } from 'zod';
import { Config } from './config.ts';
import { filter } from './fast-path.ts';
import { Names } from './names.ts';
import { classifierRules, decide, rulesGone, rulesOver } from './rule-order.ts';
import { count, flows, NO_RULE, rules, undecided } from './tables.ts';

export default vnf({
  name: 'firewall',
  summary: 'Stateful packet filter for IPv4 and IPv6, with rules by address, port, time of day and DNS name',
  config: Config,
  tables: { rules, flows },
  counters: count,
  reasons: { undecided },

  fastPath: {
    ingress: (packet, config) => filter(packet, config, 'in'),
    egress: (packet, config) => filter(packet, config, 'out'),
  },

  configure({ config, tables, previous }) {
    const entries = [...classifierRules(config)];
    tables.rules.replace({ ordered: entries.map(({ match, action, id }) => [match, { action, rule: id }]) });
    if (!previous) return;
    const gone = rulesGone(previous, config);
    // What was refused may be allowed now.
    tables.flows.deleteWhere((_, { state, rule }) => state === 'refused' || gone.has(rule));
  },

  slowPath({ config, tables, every, log }) {
    const names = new Names();
    const addressesOf = (name: string) => names.addressesOf(name);
    every('1 min', () => {
      const over = rulesOver(config(), new Date());
      if (over.size > 0) tables.flows.deleteWhere((_, { rule }) => over.has(rule));
    });

    return {
      async undecided(packet, { flow, direction }) {
        const { action, rule } = await decide(config(), { flow, direction, at: new Date(), addressesOf });
        log.debug(`${flow.src} > ${flow.dst} ${flow.protocol} ${flow.dport}: ${action}`);
        if (action === 'offload') return packet.stack();
        const decided = { rule: rule ?? NO_RULE, openedByLowerEnd: isCanonical(flow) };
        if (action === 'drop') {
          tables.flows.set(canonical(flow), { state: 'refused', ...decided });
          return packet.drop();
        }
        tables.flows.set(canonical(flow), { state: 'opening', ...decided });
        return packet.retry();
      },
    };
  },

  operations: {
    forget: {
      summary: 'Forget the flows of an address: the rules decide them anew',
      input: z.object({ address: net.ip() }),
      run({ tables }, { address }) {
        const isOf = ({ src, dst }: FiveTuple) => src === address || dst === address;
        return { forgotten: tables.flows.deleteWhere((flow) => isOf(flow)) };
      },
    },
  },
});
