// A firewall for IPv4 and IPv6. It sits on a port in line and sees what enters and what leaves.
//
// With its table of flows, rules decide the first packet of a flow; all others, both ways, need one lookup. A rule with a condition
// that no table can hold (a time of day, a DNS name) is decided by the slow path, once for each flow.
import { canonical, type FiveTuple, isCanonical, net, vnf } from '@twinpath/vnf';
import { z } from 'zod';
import { Config } from './config.ts';
import { BY_NO_RULE, nameOfDecision } from './decisions.ts';
import { filter } from './fast-path.ts';
import { Names } from './names.ts';
import { ruleName } from './rule-id.ts';
import { decide, rulesGone, rulesOver } from './rule-order.ts';
import { contentsOf, namesOfEntries, packetsByRule } from './rulings.ts';
import { allowances, count, flows, logged, opening, rules, undecided } from './tables.ts';
import { idleTimeouts } from './timeouts.ts';

export default vnf({
  name: 'firewall',
  summary:
    'Packet filter for IPv4 and IPv6, stateful or not, with rules by address, port, flags, VLAN, time of day and DNS name',
  config: Config,
  tables: { rules, allowances, opening, flows },
  counters: count,
  reasons: { undecided, logged },

  fastPath: {
    ingress: (packet, config) => filter(packet, config, 'in'),
    egress: (packet, config) => filter(packet, config, 'out'),
  },

  nameOfDecision: (decision, config) => nameOfDecision(decision, config),

  namesOfRules: (config) => ({ 'rules.ordered': namesOfEntries(config.rules) }),

  idleTimeouts: ({ timeouts }) => idleTimeouts(timeouts),

  unusedTables: ({ stateful }) => (stateful ? [] : ['opening', 'flows']),

  configure({ config, tables, previous }) {
    tables.rules.replace(contentsOf(config));
    if (!previous) return;
    const gone = rulesGone(previous, config);
    // What was refused may be allowed now.
    tables.opening.deleteWhere((_, { state, rule }) => state === 'refused' || gone.has(rule));
    if (gone.size > 0) tables.flows.deleteWhere((_, { rule }) => gone.has(rule));
  },

  slowPath({ config, tables, every, log }) {
    const names = new Names();
    const addressesOf = (name: string) => names.addressesOf(name);
    every('1 min', () => {
      const over = rulesOver(config(), new Date());
      if (over.size === 0) return;
      for (const table of [tables.opening, tables.flows]) table.deleteWhere((_, { rule }) => over.has(rule));
    });

    return {
      async undecided(packet, { flow, direction }) {
        const { action, rule } = await decide(config(), { packet, flow, direction, at: new Date(), addressesOf });
        log.debug(`${flow.src} > ${flow.dst} ${flow.protocol} ${flow.dport}: ${action}`);
        if (action === 'offload') return packet.stack();
        const decided = { rule: rule ?? BY_NO_RULE, openedByLowerEnd: isCanonical(flow) };
        tables.opening.set(canonical(flow), { state: action === 'drop' ? 'refused' : 'opening', ...decided });
        return action === 'drop' ? packet.drop() : packet.retry();
      },
      logged({ flow, direction, rule }) {
        const { src, dst, sport, dport, protocol } = flow;
        log.info(`${nameOfDecision(rule, config())}: ${direction} ${src} > ${dst} ${protocol} ${sport} > ${dport}`);
      },
    };
  },

  operations: {
    rules: {
      summary: 'The rules in order, with the packets that each has judged since the rules were last changed',
      input: z.object({}),
      run({ tables, config }) {
        const { rules: given } = config();
        const packets = packetsByRule(given, (entry) => tables.rules.ordered.hits(entry));
        return {
          rules: given.map((rule, index) => ({
            rule: ruleName(rule, index),
            action: rule.action,
            packets: packets[index],
          })),
        };
      },
    },
    forget: {
      summary: 'Forget the flows of an address: the rules decide them anew',
      input: z.object({ address: net.ip() }),
      run({ tables }, { address }) {
        const isOf = ({ src, dst }: FiveTuple) => src === address || dst === address;
        const gone = [tables.opening, tables.flows].map((table) => table.deleteWhere((flow) => isOf(flow)));
        return { forgotten: gone.reduce((sum, one) => sum + one, 0) };
      },
    },
  },
});
