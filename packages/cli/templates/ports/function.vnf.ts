// Stands between two ports, and routes by the host's tables; what it does not route is the host's.
import { counters, forward, port, stack, vnf } from '@twinpath/vnf';

const wan = port('wan');
const lan = port('lan');
const count = counters({ routed: 'packets sent out of the other port' });

export default vnf({
  name: 'my-function',
  summary: 'Routes between two ports',
  ports: [wan, lan],
  counters: count,

  fastPath(packet) {
    const hop = packet.nextHop();
    if (!hop) return stack;
    count.routed();
    return forward(hop);
  },
});
