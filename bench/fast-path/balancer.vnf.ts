// Destination NAT to one of many servers: known flows from an LRU table, others by hash over a ring of slots.
import { array, be16, bounce, drop, hash, ip4, next, protocol, table, u16, u32, vnf } from '@twinpath/vnf';

const RING = 1024;

const services = table({ key: { address: ip4, port: be16, protocol }, value: { firstSlot: u32 }, max: 64 });
const ring = array({ value: { server: u16 }, max: 4 * RING });
const servers = array({ value: { address: ip4, port: be16 }, max: 256 });
const flows = table({
  key: { src: ip4, dst: ip4, sport: be16, dport: be16, protocol },
  value: { address: ip4, port: be16 },
  max: 131_072,
  whenFull: 'evict',
});

export default vnf({
  name: 'balancer',
  tables: { services, ring, servers, flows },
  fastPath(packet) {
    const ip = packet.ipv4();
    if (!ip) return next;
    const l4 = ip.tcp() ?? ip.udp();
    if (!l4) return next;
    const key = { src: ip.src, dst: ip.dst, sport: l4.sport, dport: l4.dport, protocol: ip.protocol };

    const known = flows.lookup(key);
    if (known) {
      ip.dst = known.address;
      l4.dport = known.port;
      return bounce;
    }

    const service = services.lookup({ address: key.dst, port: key.dport, protocol: key.protocol });
    if (!service) return next;
    const slot = ring.at(service.firstSlot + (hash(key) % RING));
    const server = slot && servers.at(slot.server);
    if (!server) return drop;
    const { address, port } = server;
    flows.put(key, { address, port });
    ip.dst = address;
    l4.dport = port;
    return bounce;
  },

  configure({ tables }) {
    const service = { address: '10.0.0.2', port: 80 };
    const server = { address: '10.1.0.1', port: 8080 };
    const client = { src: '10.0.0.1', sport: 4000 };
    for (const protocol of ['tcp', 'udp'] as const) {
      tables.services.set({ ...service, protocol }, { firstSlot: protocol === 'tcp' ? 0 : RING });
      // There and back, so that a packet that was rewritten is of a known flow again.
      tables.flows.set({ ...client, dst: service.address, dport: service.port, protocol }, server);
      tables.flows.set({ ...client, dst: server.address, dport: server.port, protocol }, service);
    }
    tables.ring.replace(Array.from({ length: 2 * RING }, (_, n) => ({ server: (n * 7) % 16 })));
    tables.servers.replace(Array.from({ length: 16 }, (_, n) => ({ address: `10.1.0.${n + 1}`, port: 8080 + n })));
  },
});
