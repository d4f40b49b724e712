// Connections whose maximum segment size would be too small are refused (RFC 9293 section 3.7.1: 536 is the default).
import { drop, next, stack, vnf } from '@twinpath/vnf';

const SEGMENT_SIZE = 2;

export default vnf({
  name: 'tcp-options',
  fastPath(packet) {
    const tcp = packet.ipv4()?.tcp();
    if (!tcp?.syn) return next;
    const size = tcp.option(SEGMENT_SIZE)?.u16(0);
    if (size === undefined) return stack;
    return size < 536 ? drop : next;
  },
});
