// IPv4 to some destinations goes into an IPv4 tunnel (RFC 2003).
import { bounce, drop, ip4, ipHeader, next, table, vnf } from '@twinpath/vnf';

const tunnels = table({ key: { to: ip4 }, value: { src: ip4, dst: ip4 }, max: 4096 });

export default vnf({
  name: 'ipip',
  tables: { tunnels },
  fastPath(packet) {
    const ip = packet.ipv4();
    if (!ip) return next;
    const tunnel = tunnels.lookup({ to: ip.dst });
    if (!tunnel) return next;
    return packet.encapsulate(ipHeader({ src: tunnel.src, dst: tunnel.dst })) ? bounce : drop;
  },

  configure({ tables }) {
    tables.tunnels.set({ to: '10.0.0.2' }, { src: '192.0.2.1', dst: '192.0.2.2' });
  },
});
