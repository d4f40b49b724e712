import { Fd } from '../fd.ts';
import { type NamespaceRef, openNamespace } from '../namespace/enter.ts';
import { macBytes } from './address-text.ts';
import {
  IFF_UP,
  IFLA_ADDRESS,
  IFLA_IFNAME,
  IFLA_INFO_KIND,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_NUM_RX_QUEUES,
  IFLA_NUM_TX_QUEUES,
  type Link,
  parseLink,
} from './link-info.ts';
import type { NetlinkWriter } from './message.ts';
import type { Netlink } from './socket.ts';

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;

const IFLA_NET_NS_FD = 28;
const IFLA_INFO_DATA = 2;
const VETH_INFO_PEER = 1;

/** An interface by name, or by ifindex. */
export type LinkRef = string | number;

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
  return netlink.dump({ call: 'RTM_GETLINK', type: RTM_GETLINK, body: (writer) => header(writer, 0) }).map(parseLink);
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
  return parseLink(answer);
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
