// A layer-4 load balancer for IPv4 and IPv6. It sits on the port where clients come in, and with NAT also on the one where answers do.
import { icmpError, net, next, vnf } from '@twinpath/vnf';
import { z } from 'zod';
import { Config } from './config.ts';
import { balance } from './fast-path.ts';
import { movedServices, nameOf, serverEntries, serversOf, WHOLE } from './fleet.ts';
import { endFlows, Keeper } from './keeper.ts';
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

  configure({ config, tables, previous }) {
    const fleet = serversOf(config, tables.servers);
    tables.servers.replace(serverEntries(fleet));
    tables.plan.replace(layOut(config, fleet));
    const gone = previous ? movedServices(previous, config) : new Set<number>();
    // A number may be another service's now.
    if (gone.size > 0) tables.affinities.deleteWhere(({ service }) => gone.has(service));
  },
  slowPath({ config, tables, sockets, neighbours, log, signal, every }) {
    const keeper = new Keeper({ config, tables, sockets, log, signal });
    every('100 ms', () => keeper.tick());
    tables.sessions.onExpired((_, { server, fromServer, state }) => {
      if (!fromServer && state !== 'closing') keeper.flowEnded(server);
    });
    every('1 min', () => {
      if (config().uses.least) keeper.countFlows();
    });
    return {
      tooBig(packet, { mtu }) {
        const service = packet.ip()?.dst;
        const error = service && icmpError(packet, service, { mtu });
        if (error) packet.reply(error);
        else packet.drop();
      },
      async unresolved(packet, { address }) {
        if (await neighbours.resolve(address, packet.port)) packet.retry();
        else packet.drop();
      },
    };
  },

  operations: {
    status: {
      summary: 'Backends with their state, weight and flows',
      input: z.object({}),
      run: ({ config, tables }) =>
        serversOf(config(), tables.servers).map(({ number, service, backend, state, factor }) => ({
          service: `${service.address} ${service.protocol} ${service.port}`,
          backend: nameOf({ service, backend }),
          state,
          weight: (backend.weight * factor) / WHOLE,
          flows: tables.active.get(number)?.flows ?? 0,
        })),
    },
    end: {
      summary: 'End the flows of a backend: they are placed anew with their next packets',
      input: z.object({ address: net.ip() }),
      run({ config, tables }, { address }) {
        const own = serversOf(config(), tables.servers).filter(({ backend }) => backend.address === address);
        return { ended: own.reduce((sum, { number }) => sum + endFlows(tables, number), 0) };
      },
    },
  },
});
