// A router for IPv4 and IPv6 whose routes and next hops are the kernel's.

import { forward, portGroup, stack, vnf } from '@twinpath/vnf';
import { confirmNeighbours } from '../slow-path.ts';

export default vnf({
  name: 'fib-router',
  ports: portGroup({ max: 8 }),
  fastPath(packet) {
    const hop = packet.nextHop();
    return hop ? forward(hop) : stack;
  },
  slowPath({ neighbours, every }) {
    confirmNeighbours({ neighbours, every }, { confirmEvery: '500 ms' });
  },
});
