// Lets TCP connections of one network pass, each asked for once; whatever else asks is refused.
import { canonical, drop, fiveTuple, next, packetIn, slowPath, table, traffic, vnf } from '@twinpath/vnf';
import { z } from 'zod';

const flows = table({ key: fiveTuple, value: { traffic }, max: 65_536 });
const opened = packetIn({ metadata: { flow: fiveTuple }, limit: '2000/s', overLimit: 'drop' });

export default vnf({
  name: 'gate',
  config: z.object({ from: z.string() }),
  tables: { flows },
  reasons: { opened },
  fastPath(packet) {
    const ip = packet.ip();
    if (!ip?.tcp()) return next;
    const flow = ip.flow();
    if (!flow) return drop;
    const known = flows.lookup(canonical(flow));
    if (!known) return slowPath(opened, { flow });
    known.traffic.count(packet);
    return next;
  },
  slowPath: ({ tables, config }) => ({
    opened(packet, { flow }) {
      if (!flow.src.startsWith(config().from)) {
        packet.drop();
        return;
      }
      tables.flows.set(canonical(flow), {});
      packet.resume();
    },
  }),
});
