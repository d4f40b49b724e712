// The five-tuple of every packet, IPv4 and IPv6, behind tags, options and extension headers; nothing is looked up.
import { drop, next, vnf } from '@twinpath/vnf';

export default vnf({
  name: 'parse',
  fastPath(packet) {
    const flow = packet.ip()?.flow();
    if (!flow) return drop;
    return flow.sport === flow.dport ? drop : next;
  },
});
