import { drop, forward, vnf } from '@twinpath/vnf';

/** Sends frames from one port to the other. */
export default vnf({
  name: 'two-ports',
  ports: ['left', 'right'],
  fastPath(packet) {
    const ip = packet.ip();
    if (!ip || ip.hops <= 1) return drop;
    ip.hops -= 1;
    return forward(packet.port === 'left' ? 'right' : 'left');
  },
});
