// A stateless firewall with ordered rules on the classifier; what no rule matches passes.
import { classifier, drop, net, next, oneOf, portRange, prefix, protocol, ruleSet, u32, vnf } from '@twinpath/vnf';
import { z } from 'zod';

const rules = ruleSet({
  ordered: classifier({
    match: { src: prefix, dst: prefix, protocol, sport: portRange, dport: portRange },
    value: { action: oneOf('allow', 'drop'), rule: u32 },
    max: 100_000,
  }),
});

const Rule = z.object({
  src: net.prefix().exactOptional(),
  dst: net.prefix().exactOptional(),
  protocol: z.enum(['tcp', 'udp']).exactOptional(),
  sport: net.portRange().exactOptional(),
  dport: net.portRange().exactOptional(),
  action: z.enum(['allow', 'drop']),
});

export default vnf({
  name: 'mixed',
  config: z.object({ rules: z.array(Rule) }),
  tables: { rules },
  fastPath(packet) {
    const ip = packet.ip();
    if (!ip) return next;
    const flow = ip.flow();
    if (!flow) return next;
    const rule = rules.ordered.first(flow);
    return rule && rule.action === 'drop' ? drop : next;
  },
  configure({ config, tables }) {
    tables.rules.replace({ ordered: config.rules.map(({ action, ...match }, rule) => [match, { action, rule }]) });
  },
});
