// A small function for the tests of testPackets.
import { counters, drop, next, notice, notify, packetIn, slowPath, stack, table, u16, vnf } from '@twinpath/vnf';
import { z } from 'zod';

const blocked = table({ key: { port: u16 }, value: { hits: u16 }, max: 16, idleTimeout: '10 s' });
const asked = packetIn({ metadata: { port: u16 }, limit: '3/s', overLimit: 'stack', snap: 40 });
const seen = notice({ metadata: { port: u16 }, limit: '1000/s' });
const count = counters({ passed: 'datagrams that passed', blocked: 'datagrams to blocked ports' });

export default vnf({
  name: 'port-filter',
  config: z.object({
    asks: z.number().default(1000),
    blocks: z.array(z.number().int()).default([]),
  }),
  tables: { blocked },
  counters: count,
  reasons: { asked, seen },

  fastPath(packet, { asks }) {
    const udp = packet.ip()?.udp();
    if (!udp) return next;
    const entry = blocked.lookup({ port: udp.dport });
    if (entry) {
      count.blocked();
      return drop;
    }
    if (udp.dport === 7) notify(seen, { port: udp.dport });
    if (udp.dport === asks) return slowPath(asked, { port: udp.dport });
    if (udp.dport > asks) return stack;
    count.passed(2);
    return next;
  },

  configure({ config, tables }) {
    tables.blocked.replace(config.blocks.map((port) => [{ port }, { hits: 0 }]));
  },

  slowPath() {
    return {
      asked(packet) {
        packet.drop();
      },
      seen() {},
    };
  },
});
