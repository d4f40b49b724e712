// Flows that an inspector has judged: counted, and dropped or passed; unknown ones go to the host.
import { canonical, drop, fiveTuple, next, oneOf, stack, table, traffic, u16, vnf } from '@twinpath/vnf';

const flows = table({
  key: fiveTuple, // canonical
  value: { verdict: oneOf('inspect', 'allow', 'block'), application: u16, traffic },
  max: 131_072,
});

export default vnf({
  name: 'dpi',
  tables: { flows },
  fastPath(packet) {
    const flow = packet.ip()?.flow();
    if (!flow) return next;
    const known = flows.lookup(canonical(flow));
    if (!known) return stack;
    known.traffic.count(packet);
    if (known.verdict === 'block') return drop;
    return known.verdict === 'allow' ? next : stack;
  },

  configure({ tables }) {
    const ends = { src: '10.0.0.1', dst: '10.0.0.2', sport: 4000, dport: 80 };
    const ends6 = { ...ends, src: '2001:db8::1', dst: '2001:db8::2' };
    for (const one of [ends, ends6]) {
      tables.flows.set({ ...one, protocol: 'tcp' }, { verdict: 'allow', application: 7 });
      tables.flows.set({ ...one, protocol: 'udp' }, { verdict: 'block', application: 9 });
      tables.flows.set({ ...one, dport: 4000, protocol: 'udp' }, { verdict: 'inspect', application: 0 });
    }
  },
});
