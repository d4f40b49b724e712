// A static router for IPv4 and IPv6 whose next hops are its own table's.

import {
  counters,
  drop,
  forward,
  type HeldPacket,
  type Ip,
  icmpError,
  ip,
  isIp4,
  type LivePort,
  lpm,
  net,
  oneOf,
  packetIn,
  portGroup,
  portName,
  prefix,
  slowPath,
  stack,
  table,
  vnf,
} from '@twinpath/vnf';
import { z } from 'zod';
import { addressTo, neighbourKey, neighbourValue } from '../fast-path.ts';
import { keepNeighbours } from '../slow-path.ts';

const links = portGroup({ max: 8 });
const routes = lpm({
  key: prefix,
  value: { kind: oneOf('gateway', 'link', 'own'), port: portName, gateway: ip },
  max: 1000,
});
const neighbours = table({
  key: neighbourKey,
  value: neighbourValue,
  max: 1000,
  whenFull: 'evict',
  idleTimeout: '5 s',
});
const unresolved = packetIn({ metadata: neighbourKey, limit: '2000/s', answerWithin: '5 s' });
const count = counters({ forwarded: 'packets forwarded', unresolved: 'packets that waited for their neighbour' });

export default vnf({
  name: 'table-router',
  config: z.object({
    routes: z.array(z.object({ to: net.prefix(), port: z.string(), via: net.ip().optional() })),
  }),
  ports: links,
  tables: { routes, neighbours },
  counters: count,
  reasons: { unresolved },

  fastPath(packet) {
    const eth = packet.ethernet();
    const ip = packet.ip();
    if (!eth || !ip || eth.isMulticast || ip.icmp()?.neighbour()) return stack;
    const route = routes.lookup(ip.dst);
    if (!route || route.kind === 'own') return stack;
    const link = links.at(route.port);
    if (!link || ip.hops <= 1) return drop;
    const to = { address: route.kind === 'gateway' ? route.gateway : ip.dst, port: route.port };
    if (!addressTo(packet, neighbours, to, link)) {
      count.unresolved();
      return slowPath(unresolved, to);
    }
    count.forwarded();
    return forward(to.port);
  },

  configure({ config, tables, ports }) {
    const own = [...ports].flatMap(({ name, addresses }) =>
      addresses.map((address) => [hostPrefix(address), { kind: 'own', port: name, gateway: address }] as const),
    );
    const configured = config.routes.map(
      ({ to, port, via }) =>
        [to, { kind: via === undefined ? 'link' : 'gateway', port, gateway: via ?? anyLike(to) }] as const,
    );
    tables.routes.replace([...own, ...configured]);
  },

  slowPath({ neighbours: around, every, tables, ports }) {
    const forwarder = keepNeighbours({ neighbours: around, every }, tables.neighbours, { confirmEvery: '500 ms' });
    return {
      async unresolved(packet, to) {
        if (await forwarder.know(to)) packet.retry();
        else answerUnreachable(packet, ports.get(packet.port));
      },
    };
  },
});

function answerUnreachable(packet: HeldPacket, port: LivePort): void {
  const isIp6 = packet.ip()?.version === 6;
  const own = port.addresses.find((address) => isIp4(address) !== isIp6);
  const answer = own === undefined ? undefined : icmpError(packet, own, 'host-unreachable');
  if (answer === undefined) packet.drop();
  else packet.reply(answer);
}

const hostPrefix = (address: Ip) => (isIp4(address) ? `${address}/32` : `${address}/128`);
const anyLike = (network: string) => (network.includes(':') ? '::' : '0.0.0.0');
