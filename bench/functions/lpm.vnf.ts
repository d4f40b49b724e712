// A subnet firewall on the kernel's LPM trie alone.
import { drop, lpm, net, next, prefix, u32, vnf } from '@twinpath/vnf';
import { z } from 'zod';

const blocked = lpm({ key: prefix, value: { rule: u32 }, max: 100_000 });

export default vnf({
  name: 'lpm',
  config: z.object({ subnets: z.array(net.prefix()) }),
  tables: { blocked },
  fastPath(packet) {
    const ip = packet.ip();
    if (!ip) return drop;
    const flow = ip.flow();
    if (!flow) return drop;
    if (flow.sport === flow.dport) return drop;
    return blocked.lookup(flow.src) ? drop : next;
  },
  configure({ config, tables }) {
    tables.blocked.replace(config.subnets.map((subnet, rule) => [subnet, { rule }]));
  },
});
