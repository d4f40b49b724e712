// Source NAT of known IPv4 flows: address and port of the sender, all checksums.
import { be16, bounce, drop, ip4, next, protocol, table, vnf } from '@twinpath/vnf';

const sessions = table({
  key: { src: ip4, dst: ip4, sport: be16, dport: be16, protocol },
  value: { src: ip4, sport: be16 },
  max: 65_536,
});

export default vnf({
  name: 'nat',
  tables: { sessions },
  fastPath(packet) {
    const ip = packet.ipv4();
    if (!ip) return next;
    const l4 = ip.tcp() ?? ip.udp();
    if (!l4) return drop;
    const known = sessions.lookup({
      src: ip.src,
      dst: ip.dst,
      sport: l4.sport,
      dport: l4.dport,
      protocol: ip.protocol,
    });
    if (!known) return drop;
    ip.src = known.src;
    l4.sport = known.sport;
    return bounce;
  },

  configure({ tables }) {
    const server = { dst: '10.0.0.2', dport: 80 } as const;
    // There and back, so that a packet that was rewritten is of a known flow again.
    for (const protocol of ['tcp', 'udp'] as const) {
      const [inside, outside] = [
        { src: '10.0.0.1', sport: 4000 },
        { src: '192.0.2.1', sport: 50_000 },
      ];
      tables.sessions.set({ ...inside, ...server, protocol }, outside);
      tables.sessions.set({ ...outside, ...server, protocol }, inside);
    }
  },
});
