// What comes in by one port goes out by the other, with its Ethernet addresses swapped.
import { drop, forward, port, vnf } from '@twinpath/vnf';

const near = port('near');
const beyond = port('beyond');

export default vnf({
  name: 'cross',
  ports: [near, beyond],
  fastPath(packet) {
    const eth = packet.ethernet();
    if (!eth) return drop;
    const { dst } = eth;
    eth.dst = eth.src;
    eth.src = dst;
    return packet.port === near ? forward(beyond) : forward(near);
  },
});
