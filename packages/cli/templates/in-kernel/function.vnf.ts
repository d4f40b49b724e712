// Drops packets to a port that is closed, and counts them: all of it in the kernel.
import { counters, drop, next, vnf } from '@twinpath/vnf';
import { z } from 'zod';

const count = counters({ closed: 'packets to the closed port' });

export default vnf({
  name: 'my-function',
  summary: 'Drops packets to one port',
  config: z.strictObject({
    /** TCP and UDP. */
    closedPort: z.int().min(1).max(65_535).default(9),
  }),
  counters: count,

  // Compiled to eBPF; the kernel runs it on every packet that enters. `undefined` means "not that kind of packet".
  fastPath(packet, config) {
    const ip = packet.ip();
    const port = ip?.tcp()?.dport ?? ip?.udp()?.dport;
    if (port !== config.closedPort) return next;
    count.closed();
    return drop;
  },
});
