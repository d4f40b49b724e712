// The least that a reactive function does: what is not known is asked for, and known from then on.
import {
  bounce,
  canonical,
  counters,
  drop,
  fiveTuple,
  type Packet,
  packetIn,
  slowPath,
  table,
  traffic,
  vnf,
} from '@twinpath/vnf';
import { z } from 'zod';

const flows = table({ key: fiveTuple, value: { traffic }, max: 2_000_000 });
const unknown = packetIn({ metadata: { flow: fiveTuple }, limit: '10000000/s' });
const count = counters({ hits: 'packets of known flows' });

export default vnf({
  name: 'reactive',
  tables: { flows },
  counters: count,
  reasons: { unknown },
  fastPath: (packet) => ask(packet),
  slowPath: ({ tables }) => ({
    unknown(packet, { flow }) {
      tables.flows.set(canonical(flow), {});
      packet.retry();
    },
  }),
  operations: {
    forget: {
      summary: 'Forget all flows but those that were known first',
      input: z.number(),
      run: ({ tables }, most) => tables.flows.deleteWhere(({ src }) => Number(src.split('.')[1]) * 65536 < most),
    },
    size: { summary: 'How many flows are known', input: z.undefined(), run: ({ tables }) => tables.flows.size },
  },
});

function ask(packet: Packet) {
  const flow = packet.ip()?.flow();
  if (!flow) return drop;
  const known = flows.lookup(canonical(flow));
  if (!known) return slowPath(unknown, { flow });
  known.traffic.count(packet);
  count.hits();
  return bounce;
}
