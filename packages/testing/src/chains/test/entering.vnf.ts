// Sees only what enters.
import { next, vnf } from '@twinpath/vnf';

export default vnf({
  name: 'entering',
  fastPath(packet) {
    const udp = packet.ip()?.udp();
    if (udp) udp.dport = (udp.dport * 10 + 9) % 65536;
    return next;
  },
});
