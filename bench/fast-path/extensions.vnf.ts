// IPv6 behind extension headers: options and fragments are refused, TCP to a well-known port goes to the host.
import { drop, next, stack, vnf } from '@twinpath/vnf';

export default vnf({
  name: 'extensions',
  fastPath(packet) {
    const ip = packet.ipv6();
    if (!ip) return next;
    if (ip.isFragment) return drop;
    const ports = ip.ports();
    if (!ports) return drop;
    return ip.hasOptions && ports.dport < 1024 ? stack : next;
  },
});
