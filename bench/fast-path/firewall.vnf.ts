// Stateless rules: subnets whose packets are dropped, ports that are open.
import { be16, drop, lpm, next, prefix, protocol, table, u8, u32, vnf } from '@twinpath/vnf';

const blocked = lpm({ key: prefix, value: { rule: u32 }, max: 100_000 });
const open = table({ key: { port: be16, protocol }, value: { rule: u8 }, max: 1024 });

export default vnf({
  name: 'firewall',
  tables: { blocked, open },
  fastPath(packet) {
    const ip = packet.ip();
    if (!ip) return next;
    const flow = ip.flow();
    if (!flow) return drop;
    if (blocked.lookup(flow.src)) return drop;
    return open.lookup({ port: flow.dport, protocol: flow.protocol }) ? next : drop;
  },

  configure({ tables }) {
    const subnets = Array.from({ length: 64 }, (_, n) => [`192.0.${n}.0/24`, { rule: n }] as const);
    tables.blocked.replace([...subnets, ['198.51.100.128/25', { rule: 64 }], ['2001:db8:bad::/48', { rule: 65 }]]);
    tables.open.replace(
      [80, 443, 53].flatMap((port) => [
        [{ port, protocol: 'tcp' as const }, { rule: port & 255 }],
        [{ port, protocol: 'udp' as const }, { rule: port & 255 }],
      ]),
    );
  },
});
