// Uplink end of GTP-U tunnels (3GPP TS 29.281): known tunnels are left, with or without the options and the PDU session.
import {
  be32,
  bits,
  bounce,
  bytesAfter,
  drop,
  flag,
  type HeaderView,
  header,
  type IpHeader,
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

/** What the tunnel carries, and its QoS flow: 0 if none is named. */
function contents(tunnel: HeaderView<typeof gtpu.fields>): { inner: IpHeader | undefined; qfi: u8 } {
  if (!tunnel.hasExtension && !tunnel.hasSequence && !tunnel.hasNumber) return { inner: tunnel.ip(), qfi: 0 };
  const optional = tunnel.next(options);
  const container = optional?.extension === PDU_SESSION ? optional.next(pduSession) : undefined;
  if (container?.extension !== NO_EXTENSION) return { inner: undefined, qfi: 0 };
  return { inner: container.ip(), qfi: container.qfi };
}

export default vnf({
  name: 'gtpu',
  tables: { tunnels },
  fastPath(packet) {
    const udp = packet.ipv4()?.udp();
    if (!udp || udp.dport !== PORT) return next;
    const tunnel = udp.next(gtpu);
    if (tunnel?.version !== 1 || !tunnel.isGtp) return drop;
    if (tunnel.type !== USER_DATA) return stack;

    const { inner, qfi } = contents(tunnel);
    if (!inner) return drop;
    const known = tunnels.lookup({ teid: tunnel.teid, qfi });
    if (!known) return drop;
    known.traffic.count(packet);
    return packet.decapsulate(inner) ? bounce : drop;
  },

  configure({ tables }) {
    tables.tunnels.set({ teid: 7, qfi: 0 }, {});
    tables.tunnels.set({ teid: 7, qfi: 9 }, {});
  },
});
