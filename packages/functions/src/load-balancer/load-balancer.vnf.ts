// A layer-4 load balancer for IPv4 and IPv6. It sits on the port where clients come in, and with NAT also on the one where answers do.
import { next, vnf } from '@twinpath/vnf';
import { Config } from './config.ts';
import { balance } from './fast-path.ts';
import { serverEntries, serversOf } from './fleet.ts';
import { layOut } from './layout.ts';
import {
  active,
  affinities,
  carried,
  count,
  fragments,
  halfOpen,
  newFlowLimits,
  plan,
  servers,
  sessions,
  tooBig,
  turns,
  unresolved,
} from './tables.ts';

export default vnf({
  name: 'load-balancer',
  summary: 'Layer-4 load balancer with NAT, direct return and tunnels, health checks and load feedback',
  config: Config,
  tables: { plan, servers, active, carried, sessions, halfOpen, fragments, affinities, turns, newFlowLimits },
  counters: count,
  reasons: { tooBig, unresolved },

  // What leaves the host is not balanced: clients on the host itself are none.
  fastPath: { ingress: (packet, config) => balance(packet, config), egress: () => next },

  configure({ config, tables }) {
    const fleet = serversOf(config, tables.servers);
    tables.servers.replace(serverEntries(fleet));
    tables.plan.replace(layOut(config, fleet));
  },
  slowPath() {
    return { tooBig: (packet) => packet.drop(), unresolved: (packet) => packet.drop() };
  },
});
