// Lets each sender in or not: known ones the kernel decides about, unknown ones are asked about once.
import { drop, ip, net, next, oneOf, packetIn, slowPath, table, vnf, within } from '@twinpath/vnf';
import { z } from 'zod';

const senders = table({ key: { sender: ip }, value: { action: oneOf('pass', 'drop') }, max: 10_000 });
const unknown = packetIn({ metadata: { sender: ip }, limit: '1000/s' });

export default vnf({
  name: 'my-function',
  summary: 'Asks once about each sender',
  config: z.strictObject({ refused: net.prefix().default('192.0.2.0/24') }),
  tables: { senders },
  reasons: { unknown },

  // Compiled to eBPF: a packet of a sender that the table knows never leaves the kernel.
  fastPath(packet) {
    const header = packet.ip();
    if (!header) return next;
    const sender = header.src;
    const known = senders.lookup({ sender });
    if (!known) return slowPath(unknown, { sender });
    return known.action === 'pass' ? next : drop;
  },

  // Ordinary TypeScript on Node: decides, writes the rule, and sends the packet through the fast path again.
  slowPath: ({ tables, config, log }) => ({
    unknown(packet, { sender }) {
      const action = within(sender, config.refused) ? 'drop' : 'pass';
      tables.senders.set({ sender }, { action });
      log.info(`${sender}: ${action}`);
      packet.retry();
    },
  }),
});
