// The balancer of the papers' hybrid design: the first packet of each flow goes up, the slow path chooses its server by dynamic weighted
// round robin and writes both of its rules, and the packet goes through the fast path again. Loads come from the servers' snmpd.
import {
  bool,
  fiveTuple,
  type Ip,
  ip,
  net,
  next,
  packetIn,
  reverse,
  route,
  sameFamily,
  slowPath,
  table,
  vnf,
} from '@twinpath/vnf';
import { z } from 'zod';
import { LOAD_QUESTION, loadIn } from './snmp-question.ts';

// Room for fewer connections than a client makes before it takes a port again: that one's first packet is a first packet, too.
const flows = table({ key: fiveTuple, value: { address: ip, toServer: bool }, max: 8192, whenFull: 'evict' });
const opened = packetIn({ metadata: { flow: fiveTuple }, limit: '1000000/s' });

const SNMP_PORT = 161;

/** Turns by weight, spread evenly. */
class Turns {
  readonly #credits = new Map<Ip, number>();
  readonly #weights: Map<Ip, number>;

  constructor(servers: readonly Ip[]) {
    this.#weights = new Map(servers.map((server) => [server, 1]));
  }

  /** A load of 0 is none, of 1 full. */
  told(server: Ip, load: number): void {
    this.#weights.set(server, Math.max(0.05, 1 - load));
  }

  next(): Ip | undefined {
    let best: Ip | undefined;
    let total = 0;
    for (const [server, weight] of this.#weights) {
      total += weight;
      this.#credits.set(server, this.#credit(server) + weight);
      if (best === undefined || this.#credit(server) > this.#credit(best)) best = server;
    }
    if (best !== undefined) this.#credits.set(best, this.#credit(best) - total);
    return best;
  }

  #credit(server: Ip): number {
    return this.#credits.get(server) ?? 0;
  }
}

export default vnf({
  name: 'reactive-balancer',
  config: z.object({ service: net.ip4(), port: net.portNumber(), servers: z.array(net.ip4()), cores: z.int().min(1) }),
  tables: { flows },
  reasons: { opened },
  operations: {
    forget: {
      summary: 'Forget all flows',
      input: z.undefined(),
      run: ({ tables }) => tables.flows.deleteWhere(() => true),
    },
  },
  fastPath: {
    ingress(packet, { service, port }) {
      const header = packet.ip();
      const flow = header?.flow();
      if (!header || !flow || !header.tcp()) return next;
      const known = flows.lookup(flow);
      if (!known) {
        const isNew = sameFamily(flow.dst, service) && flow.dst === service && flow.dport === port;
        return isNew ? slowPath(opened, { flow }) : next;
      }
      const { address, toServer } = known;
      if (!sameFamily(address, flow.src)) return next;
      header.rewrite(toServer ? { ...flow, dst: address } : { ...flow, src: address });
      return route(packet);
    },
    egress: () => next,
  },
  slowPath({ tables, config, sockets, every, log }) {
    const { servers, cores } = config();
    const turns = new Turns(servers);
    const socket = sockets.udp(4);
    socket.on('message', (message, { address }) => {
      const load = loadIn(message);
      const server = servers.find((one) => one === address);
      if (load !== undefined && server !== undefined) turns.told(server, load / cores);
    });
    socket.on('error', (error) => log.error(String(error)));
    every('500 ms', () => {
      for (const server of servers) socket.send(LOAD_QUESTION, SNMP_PORT, server);
    });
    return {
      opened(packet, { flow }) {
        const server = turns.next();
        if (server === undefined) {
          packet.drop();
          return;
        }
        tables.flows.set(flow, { address: server, toServer: true });
        tables.flows.set(reverse({ ...flow, dst: server }), { address: flow.dst, toServer: false });
        packet.retry();
      },
    };
  },
});
