// Shows nDPI every packet, but of flows to some ports only what comes before the slow path has seen the first: what it saves to let
// elephants alone.
import { Ndpi } from '@twinpath/ndpi';
import { canonical, copyToSlowPath, fiveTuple, next, packetCopy, table, traffic, vnf } from '@twinpath/vnf';
import { z } from 'zod';

/** Of a packet, what nDPI looks at. */
const SNAP = 256;
const ETHERNET = 14;

const flows = table({ key: fiveTuple, value: { traffic }, max: 65_536, whenFull: 'evict' });
const sample = packetCopy({ metadata: { flow: fiveTuple }, limit: '10000000/s', snap: SNAP });

export default vnf({
  name: 'inspect',
  /** Servers' ports whose flows are let alone. */
  config: z.object({ alone: z.array(z.int()) }),
  tables: { flows },
  reasons: { sample },
  fastPath(packet) {
    const flow = packet.ip()?.flow();
    if (!flow) return next;
    const key = canonical(flow);
    const known = flows.lookup(key);
    if (known) known.traffic.count(packet);
    else copyToSlowPath(sample, { flow: key });
    return next;
  },
  async slowPath({ tables, config, signal }) {
    const ndpi = await Ndpi.start();
    signal.addEventListener('abort', () => void ndpi[Symbol.asyncDispose](), { once: true });
    return {
      sample: {
        async batch(events) {
          const { alone } = config();
          for (const [, { flow }] of events) {
            if (alone.includes(flow.sport) || alone.includes(flow.dport)) tables.flows.set(flow, {});
          }
          const shown = events.map(([packet, { flow }]) => ({
            flow: flow.sport * 65_536 + flow.dport,
            packet: packet.bytes.subarray(ETHERNET),
            at: packet.now / 1e6,
          }));
          await ndpi.show(shown);
        },
      },
    };
  },
});
