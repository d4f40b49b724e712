// Longest prefix match on the destination, next hop's addresses, one hop less.
import { bounce, drop, lpm, mac, next, prefix, stack, u32, vnf } from '@twinpath/vnf';

const routes = lpm({ key: prefix, value: { src: mac, dst: mac, mtu: u32 }, max: 100_000 });

export default vnf({
  name: 'router',
  tables: { routes },
  fastPath(packet) {
    const eth = packet.ethernet();
    const ip = packet.ip();
    if (!eth || !ip) return next;
    if (ip.hops <= 1) return stack;
    const route = routes.lookup(ip.dst);
    if (!route) return drop;
    if (ip.length > route.mtu) return stack;
    ip.hops -= 1;
    eth.src = route.src;
    eth.dst = route.dst;
    return bounce;
  },

  configure({ tables }) {
    const hop = (n: number) => ({
      src: '02:00:00:00:01:01',
      dst: `02:00:00:00:02:${10 + n}`,
      mtu: n === 3 ? 100 : 1500,
    });
    tables.routes.replace([
      ...Array.from({ length: 64 }, (_, n) => [`10.${n}.0.0/16`, hop(n % 8)] as const),
      ['10.0.0.0/24', hop(1)],
      ['10.0.3.0/24', hop(3)],
      ['2001:db8::/32', hop(2)],
      ['2001:db8:3::/48', hop(3)],
    ]);
  },
});
