// What the contenders do with a packet that need no port of their own.
import { bounce, drop, route, vnf } from '@twinpath/vnf';
import { z } from 'zod';

export default vnf({
  name: 'turn',
  config: z.object({ action: z.enum(['drop', 'tx', 'forward']) }),
  fastPath(packet, { action }) {
    if (action === 'drop') return drop;
    if (action === 'forward') return route(packet);
    const eth = packet.ethernet();
    if (!eth) return drop;
    const { dst } = eth;
    eth.dst = eth.src;
    eth.src = dst;
    return bounce;
  },
});
