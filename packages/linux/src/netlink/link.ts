import { Fd } from '../fd.ts';
import { type NamespaceRef, openNamespace } from '../namespace/enter.ts';
import { macBytes, macText } from './address-text.ts';
import type { NetlinkReader, NetlinkWriter } from './message.ts';
import type { Netlink } from './socket.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_STATS64 = 23;
const IFLA_NET_NS_FD = 28;
const IFLA_NUM_TX_QUEUES = 31;
const IFLA_NUM_RX_QUEUES = 32;
const IFLA_CARRIER = 33;
const IFLA_XDP = 43;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;
const IFLA_XDP_ATTACHED = 2;
const IFLA_XDP_PROG_ID = 4;
const IFLA_XDP_DRV_PROG_ID = 5;
const IFLA_XDP_SKB_PROG_ID = 6;
const IFLA_XDP_HW_PROG_ID = 7;

const IFF_UP = 1;
const IFF_LOOPBACK = 8;

/** An interface by name, or by ifindex. */
export type LinkRef = string | number;

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
  /** The bridge or bond that this interface belongs to. */
  readonly master: number | undefined;
  readonly rxQueues: number;
  readonly txQueues: number;
  readonly xdp: AttachedXdp | undefined;
  readonly statistics: LinkStatistics;
}

export interface NewLink {
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  /** Receive and transmit queues; the kernel's default for a veth is one each, or one per CPU. */
  readonly queues?: number;
  /** Where the interface is made; default: the netlink socket's namespace. */
  readonly namespace?: NamespaceRef;
}

export function listLinks(netlink: Netlink): Link[] {
  return netlink
    .dump({ call: 'RTM_GETLINK', type: RTM_GETLINK, body: (writer) => header(writer, 0) })
    .map((message) => parse(message));
}

/** @throws SyscallError (ENODEV) when there is no such interface. */
export function getLink(netlink: Netlink, link: LinkRef): Link {
  const subject = subjectOf(link);
  const answer = netlink.get({
    call: 'RTM_GETLINK',
    type: RTM_GETLINK,
    subject,
    body: (writer) => refer(writer, link),
  });
  if (answer === undefined) throw new Error(`the kernel said nothing about ${subject}`);
  return parse(answer);
}

/** A pair of virtual Ethernet interfaces, wired to each other, both down. */
export function createVeth(netlink: Netlink, link: NewLink & { readonly peer: NewLink }): void {
  using held = new HeldNamespaces();
  create(netlink, link, held, (writer) => {
    kind(writer, 'veth', (data) => {
      data.attribute(VETH_INFO_PEER, (peer) => {
        header(peer, 0);
        describe(peer, link.peer, held);
      });
    });
  });
}

/** An interface that drops what it is given. */
export function createDummy(netlink: Netlink, link: NewLink): void {
  using held = new HeldNamespaces();
  create(netlink, link, held, (writer) => kind(writer, 'dummy'));
}

/** A learning bridge of the kernel, without ports. */
export function createBridge(netlink: Netlink, link: NewLink): void {
  using held = new HeldNamespaces();
  create(netlink, link, held, (writer) => kind(writer, 'bridge'));
}

/** What of an interface can be changed; what is absent stays. */
export interface LinkChange {
  readonly up?: boolean;
  readonly mtu?: number;
  readonly mac?: string;
  /** A new name; needs the interface down on kernels before 6.2. */
  readonly name?: string;
  /** ifindex of the bridge to join; 0 leaves it. */
  readonly master?: number;
  /** Moves the interface, down and without its addresses. */
  readonly namespace?: NamespaceRef;
}

export function setLink(netlink: Netlink, link: LinkRef, change: LinkChange): void {
  using held = new HeldNamespaces();
  // A name in the body names the interface unless the header has its ifindex; then it renames.
  const ref = change.name === undefined ? link : getLink(netlink, link).ifindex;
  netlink.change({
    call: 'RTM_NEWLINK',
    type: RTM_NEWLINK,
    subject: subjectOf(link),
    body: (writer) => {
      refer(writer, ref, change.up);
      const { name, mac, mtu, master, namespace } = change;
      if (name !== undefined) writer.attribute(IFLA_IFNAME, (w) => w.string(name));
      if (mac !== undefined) writer.attribute(IFLA_ADDRESS, (w) => w.raw(macBytes(mac)));
      if (mtu !== undefined) writer.attribute(IFLA_MTU, (w) => w.u32(mtu));
      if (master !== undefined) writer.attribute(IFLA_MASTER, (w) => w.u32(master));
      if (namespace !== undefined) writer.attribute(IFLA_NET_NS_FD, (w) => w.u32(held.number(namespace)));
    },
  });
}

/** Removes a virtual interface; a veth's peer goes with it. */
export function deleteLink(netlink: Netlink, link: LinkRef): void {
  const subject = subjectOf(link);
  netlink.change({ call: 'RTM_DELLINK', type: RTM_DELLINK, subject, body: (writer) => refer(writer, link) });
}

/** The namespaces that one request names, open until it is answered. */
class HeldNamespaces {
  readonly #opened: Fd[] = [];

  number(namespace: NamespaceRef): number {
    if (namespace instanceof Fd) return namespace.number;
    const fd = openNamespace(namespace);
    this.#opened.push(fd);
    return fd.number;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#opened) fd.close();
  }
}

function create(netlink: Netlink, link: NewLink, held: HeldNamespaces, rest: (writer: NetlinkWriter) => void): void {
  netlink.change({
    call: 'RTM_NEWLINK',
    type: RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    subject: subjectOf(link.name),
    body: (writer) => {
      header(writer, 0);
      describe(writer, link, held);
      rest(writer);
    },
  });
}

function describe(writer: NetlinkWriter, link: NewLink, held: HeldNamespaces): void {
  const { name, mac, mtu, queues, namespace } = link;
  writer.attribute(IFLA_IFNAME, (w) => w.string(name));
  if (mac !== undefined) writer.attribute(IFLA_ADDRESS, (w) => w.raw(macBytes(mac)));
  if (mtu !== undefined) writer.attribute(IFLA_MTU, (w) => w.u32(mtu));
  if (queues !== undefined) {
    writer.attribute(IFLA_NUM_TX_QUEUES, (w) => w.u32(queues));
    writer.attribute(IFLA_NUM_RX_QUEUES, (w) => w.u32(queues));
  }
  if (namespace !== undefined) writer.attribute(IFLA_NET_NS_FD, (w) => w.u32(held.number(namespace)));
}

function kind(writer: NetlinkWriter, name: string, data?: (writer: NetlinkWriter) => void): void {
  writer.attribute(IFLA_LINKINFO, (info) => {
    info.attribute(IFLA_INFO_KIND, (w) => w.string(name));
    if (data !== undefined) info.attribute(IFLA_INFO_DATA, data);
  });
}

/** struct ifinfomsg: u8 family, u8 padding, u16 type, i32 index, u32 flags, u32 mask of flags to change. */
function header(writer: NetlinkWriter, ifindex: number, up?: boolean): void {
  writer.u32(0).u32(ifindex);
  writer.u32(up === true ? IFF_UP : 0).u32(up === undefined ? 0 : IFF_UP);
}

function refer(writer: NetlinkWriter, link: LinkRef, up?: boolean): void {
  header(writer, typeof link === 'number' ? link : 0, up);
  if (typeof link === 'string') writer.attribute(IFLA_IFNAME, (w) => w.string(link));
}

export function subjectOf(link: LinkRef): string {
  return typeof link === 'number' ? `interface with index ${link}` : `interface ${link}`;
}

function parse(message: NetlinkReader): Link {
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
    master: attributes.get(IFLA_MASTER)?.u32(),
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
