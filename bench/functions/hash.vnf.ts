// Services by address and port, in the kernel's hash.
import { ip as address, be16, drop, net, next, table, u32, vnf } from '@twinpath/vnf';
import { z } from 'zod';

const blocked = table({ key: { address, port: be16 }, value: { rule: u32 }, max: 1024 });

export default vnf({
  name: 'hash',
  config: z.object({ subnets: z.array(net.prefix()) }),
  tables: { blocked },
  fastPath(packet) {
    const ip = packet.ip();
    if (!ip) return drop;
    const flow = ip.flow();
    if (!flow) return drop;
    if (flow.sport === flow.dport) return drop;
    return blocked.lookup({ address: flow.src, port: flow.dport }) ? drop : next;
  },
  configure({ config, tables }) {
    const hosts = config.subnets.map((subnet) => subnet.slice(0, subnet.indexOf('/')));
    tables.blocked.replace(hosts.map((host, rule) => [{ address: host, port: 53 }, { rule }]));
  },
});
