// A rate for each sender, by virtual scheduling (ITU-T I.371); every CPU has its share, so that nothing is locked.
import { drop, instant, ip4, next, table, u32, vnf } from '@twinpath/vnf';

const senders = table({
  key: { address: ip4 },
  value: { bytesPerSecond: u32, burst: u32, usedUntil: instant },
  max: 65_536,
  perCpu: true,
});

export default vnf({
  name: 'policer',
  tables: { senders },
  fastPath(packet) {
    const ip = packet.ipv4();
    if (!ip) return next;
    const limit = senders.lookup({ address: ip.src });
    if (!limit) return next;
    if (limit.bytesPerSecond === 0) return drop;
    const needed = Math.floor((packet.length * 1_000_000_000) / limit.bytesPerSecond);
    const now = packet.now;
    const end = Math.max(limit.usedUntil, now) + needed;
    if (end - now > limit.burst) return drop;
    limit.usedUntil = end;
    return next;
  },

  configure({ tables }) {
    const unlimited = { bytesPerSecond: 4_000_000_000, burst: 4_000_000_000, usedUntil: 0 };
    tables.senders.set({ address: '10.0.0.1' }, unlimited);
    tables.senders.set({ address: '192.0.2.1' }, { bytesPerSecond: 0, burst: 0, usedUntil: 0 });
    // Less than one packet.
    tables.senders.set({ address: '192.0.3.1' }, { bytesPerSecond: 1, burst: 1, usedUntil: 0 });
  },
});
