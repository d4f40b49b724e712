// The same subnet firewall on the classifier.
import { classifier, drop, net, next, portRange, prefix, protocol, ruleSet, u32, vnf } from '@twinpath/vnf';
import { z } from 'zod';

const rules = ruleSet({
  ordered: classifier({
    match: { src: prefix, dst: prefix, protocol, dport: portRange },
    value: { rule: u32 },
    max: 10_000,
  }),
});

export default vnf({
  name: 'classifier',
  config: z.object({ subnets: z.array(net.prefix()) }),
  tables: { rules },
  fastPath(packet) {
    const ip = packet.ip();
    if (!ip) return drop;
    const flow = ip.flow();
    if (!flow) return drop;
    if (flow.sport === flow.dport) return drop;
    return rules.ordered.first(flow) ? drop : next;
  },
  configure({ config, tables }) {
    tables.rules.replace({ ordered: config.subnets.map((src, rule) => [{ src }, { rule }]) });
  },
});
