// Uplink end of GTP-U tunnels (3GPP TS 29.281): known tunnels are left, with or without the options and the PDU session.
import {
  be32,
  bits,
  bounce,
  bytesAfter,
  drop,
  flag,
  header,
  next,
  stack,
  table,
  traffic,
  u8,
  u16,
  u32,
  vnf,
} from '@twinpath/vnf';

const PORT = 2152;
const USER_DATA = 255;
const NO_EXTENSION = 0;
const PDU_SESSION = 0x85;

const gtpu = header({
  version: bits(3),
  isGtp: flag,
  spare: flag,
  hasExtension: flag,
  hasSequence: flag,
  hasNumber: flag,
  type: u8,
  length: bytesAfter,
  teid: u32,
});
const options = header({ sequence: u16, number: u8, extension: u8 });
const pduSession = header({
  words: u8,
  direction: bits(4),
  spare: bits(4),
  paging: flag,
  reflective: flag,
  qfi: bits(6),
  extension: u8,
});

const tunnels = table({ key: { teid: be32, qfi: u8 }, value: { traffic }, max: 65_536 });

export default vnf({
  name: 'gtpu',
  tables: { tunnels },
  fastPath(packet) {
    const udp = packet.ipv4()?.udp();
    if (!udp || udp.dport !== PORT) return next;
    const tunnel = udp.next(gtpu);
    if (tunnel?.version !== 1 || !tunnel.isGtp) return drop;
    if (tunnel.type !== USER_DATA) return stack;

    if (!tunnel.hasExtension && !tunnel.hasSequence && !tunnel.hasNumber) {
      const inner = tunnel.ip();
      const known = tunnels.lookup({ teid: tunnel.teid, qfi: 0 });
      if (!inner || !known) return drop;
      known.traffic.count(packet);
      return packet.decapsulate(inner) ? bounce : drop;
    }
    const optional = tunnel.next(options);
    const container = optional?.extension === PDU_SESSION ? optional.next(pduSession) : undefined;
    if (!container || container.extension !== NO_EXTENSION) return drop;
    const inner = container.ip();
    const known = tunnels.lookup({ teid: tunnel.teid, qfi: container.qfi });
    if (!inner || !known) return drop;
    known.traffic.count(packet);
    return packet.decapsulate(inner) ? bounce : drop;
  },

  configure({ tables }) {
    tables.tunnels.set({ teid: 7, qfi: 0 }, {});
    tables.tunnels.set({ teid: 7, qfi: 9 }, {});
  },
});
