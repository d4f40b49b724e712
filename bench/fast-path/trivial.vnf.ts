// As little as a function of a chain can do: it looks whether a packet is IP, and counts.
import { counters, next, vnf } from '@twinpath/vnf';

const count = counters({ seen: 'packets with IP' });
export default vnf({
  name: 'trivial',
  counters: count,
  fastPath(packet) {
    const ip = packet.ip();
    if (!ip) return next;
    count.seen();
    return next;
  },
});
