// Counts packets by protocol, and drops those to one UDP port.
import { counters, drop, next, protocol, tally, vnf } from '@twinpath/vnf';
import { z } from 'zod';

const seen = tally({ by: { protocol }, max: 64, help: 'packets that came in, by protocol' });

const count = counters({
  dropped: 'UDP packets to the port that is closed',
  notIp: 'packets that are not IP, such as ARP',
});

export default vnf({
  name: 'count-and-drop',
  summary: 'Counts packets by protocol and drops those to one UDP port',
  config: z.strictObject({ closedPort: z.int().min(1).max(65_535).default(9) }),
  tables: { seen },
  counters: count,

  // Compiled to eBPF; the kernel runs it on every packet that comes in. `undefined` means "not that kind of packet".
  fastPath(packet, config) {
    const ip = packet.ip();
    if (!ip) {
      count.notIp();
      return next;
    }
    seen.count(packet, { protocol: ip.protocol });
    if (ip.udp()?.dport === config.closedPort) {
      count.dropped();
      return drop;
    }
    return next;
  },

  // Ordinary TypeScript on Node. It shares the tables with the fast path.
  slowPath({ tables, every, log }) {
    every('1 s', () => {
      const lines = [...tables.seen].map(([{ protocol: name }, { packets, bytes }]) => {
        return `${name}: ${packets} packets, ${bytes} bytes`;
      });
      if (lines.length > 0) log.info(lines.join(' · '));
    });
  },
});
