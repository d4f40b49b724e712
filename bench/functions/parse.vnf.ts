// The floor of both: a packet is parsed, nothing is looked up.
import { drop, net, next, vnf } from '@twinpath/vnf';
import { z } from 'zod';

export default vnf({
  name: 'parse',
  config: z.object({ subnets: z.array(net.prefix()) }),
  fastPath(packet) {
    const ip = packet.ip();
    if (!ip) return drop;
    const flow = ip.flow();
    if (!flow) return drop;
    return flow.sport === flow.dport ? drop : next;
  },
});
