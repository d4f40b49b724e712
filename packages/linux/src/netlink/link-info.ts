import { macText } from './address-text.ts';
import type { NetlinkReader } from './message.ts';

export const IFLA_ADDRESS = 1;
export const IFLA_IFNAME = 3;
export const IFLA_MTU = 4;
export const IFLA_MASTER = 10;
export const IFLA_LINKINFO = 18;
export const IFLA_NUM_TX_QUEUES = 31;
export const IFLA_NUM_RX_QUEUES = 32;
export const IFLA_INFO_KIND = 1;
export const IFF_UP = 1;
const IFLA_LINK = 5;
const IFLA_QDISC = 6;
const IFLA_STATS64 = 23;
const IFLA_LINK_NETNSID = 37;
const IFLA_CARRIER = 33;
const IFLA_XDP = 43;
const IFLA_XDP_ATTACHED = 2;
const IFLA_XDP_PROG_ID = 4;
const IFLA_XDP_DRV_PROG_ID = 5;
const IFLA_XDP_SKB_PROG_ID = 6;
const IFLA_XDP_HW_PROG_ID = 7;
const IFF_LOOPBACK = 8;

/** An XDP program on an interface, whoever attached it. */
export interface AttachedXdp {
  readonly mode: 'native' | 'generic' | 'offloaded' | 'several';
  /** Id of the program that runs first. */
  readonly programId: number;
}

export interface LinkStatistics {
  readonly rxPackets: bigint;
  readonly txPackets: bigint;
  readonly rxBytes: bigint;
  readonly txBytes: bigint;
  readonly rxDropped: bigint;
  readonly txDropped: bigint;
}

export interface Link {
  readonly ifindex: number;
  readonly name: string;
  /** Colon-separated; empty for interfaces without a link-layer address. */
  readonly mac: string;
  /** Bytes of layer 3. */
  readonly mtu: number;
  /** Administratively up. */
  readonly up: boolean;
  /** The other side is there too. */
  readonly carrier: boolean;
  readonly loopback: boolean;
  /** "veth", "bridge", "tun" …; undefined for hardware and loopback. */
  readonly kind: string | undefined;
  /** The ifindex of a veth's peer or of a VLAN's parent, in that one's own namespace. */
  readonly peerIfindex: number | undefined;
  /** What the peer's namespace is called in this one; `undefined`: it is this one. */
  readonly peerNamespaceId: number | undefined;
  /** The bridge or bond that this interface belongs to. */
  readonly master: number | undefined;
  /** The root queueing discipline of what leaves: "noqueue", "fq_codel" … */
  readonly qdisc: string | undefined;
  readonly rxQueues: number;
  readonly txQueues: number;
  readonly xdp: AttachedXdp | undefined;
  readonly statistics: LinkStatistics;
}

/** Reads an RTM_NEWLINK message: struct ifinfomsg, then attributes. */
export function parseLink(message: NetlinkReader): Link {
  const attributes = message.attributes(16);
  const flags = message.u32(8);
  const mac = attributes.get(IFLA_ADDRESS);
  return {
    ifindex: message.i32(4),
    name: attributes.get(IFLA_IFNAME)?.string() ?? '',
    mac: mac === undefined ? '' : macText(mac.bytes),
    mtu: attributes.get(IFLA_MTU)?.u32() ?? 0,
    up: (flags & IFF_UP) !== 0,
    carrier: attributes.get(IFLA_CARRIER)?.u8() === 1,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    kind: attributes.get(IFLA_LINKINFO)?.attributes().get(IFLA_INFO_KIND)?.string(),
    peerIfindex: attributes.get(IFLA_LINK)?.u32(),
    peerNamespaceId: attributes.get(IFLA_LINK_NETNSID)?.i32(),
    master: attributes.get(IFLA_MASTER)?.u32(),
    qdisc: attributes.get(IFLA_QDISC)?.string(),
    rxQueues: attributes.get(IFLA_NUM_RX_QUEUES)?.u32() ?? 1,
    txQueues: attributes.get(IFLA_NUM_TX_QUEUES)?.u32() ?? 1,
    xdp: parseXdp(attributes.get(IFLA_XDP)?.attributes() ?? new Map()),
    statistics: parseStatistics(attributes.get(IFLA_STATS64)),
  };
}

const xdpModes = [undefined, 'native', 'generic', 'offloaded', 'several'] as const;

function parseXdp(attributes: Map<number, NetlinkReader>): AttachedXdp | undefined {
  const mode = xdpModes[attributes.get(IFLA_XDP_ATTACHED)?.u8() ?? 0];
  if (mode === undefined) return undefined;
  // With programs in several modes the kernel gives no single id: hardware runs first, then the driver, then the stack.
  const ids = [IFLA_XDP_PROG_ID, IFLA_XDP_HW_PROG_ID, IFLA_XDP_DRV_PROG_ID, IFLA_XDP_SKB_PROG_ID];
  const programId = ids.map((id) => attributes.get(id)?.u32() ?? 0).find((id) => id !== 0) ?? 0;
  return { mode, programId };
}

/** struct rtnl_link_stats64: packets, bytes, errors and drops of each direction, 8 bytes each. */
function parseStatistics(reader: NetlinkReader | undefined): LinkStatistics {
  const at = (index: number) => reader?.u64(index * 8) ?? 0n;
  return {
    rxPackets: at(0),
    txPackets: at(1),
    rxBytes: at(2),
    txBytes: at(3),
    rxDropped: at(6),
    txDropped: at(7),
  };
}
