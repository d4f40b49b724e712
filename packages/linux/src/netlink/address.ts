import { cidrBytes, ipText } from './address-text.ts';
import { getLink, type LinkRef, subjectOf } from './link.ts';
import type { NetlinkReader, NetlinkWriter } from './message.ts';
import type { Netlink } from './socket.ts';

const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
/** Skips duplicate address detection, which keeps an IPv6 address unusable for a second. */
const IFA_F_NODAD = 2;

export interface InterfaceAddress {
  readonly ifindex: number;
  /** "10.0.0.1/24" */
  readonly address: string;
}

/** Gives an interface an address such as "10.0.0.1/24" or "fd00::1/64", usable at once. */
export function addAddress(netlink: Netlink, link: LinkRef, address: string): void {
  request(netlink, 'RTM_NEWADDR', link, address);
}

export function deleteAddress(netlink: Netlink, link: LinkRef, address: string): void {
  request(netlink, 'RTM_DELADDR', link, address);
}

function request(netlink: Netlink, call: 'RTM_NEWADDR' | 'RTM_DELADDR', link: LinkRef, address: string): void {
  const ifindex = typeof link === 'number' ? link : getLink(netlink, link).ifindex;
  const { family, bytes, prefixLength } = cidrBytes(address);
  netlink.change({
    call,
    type: call === 'RTM_NEWADDR' ? RTM_NEWADDR : RTM_DELADDR,
    flags: call === 'RTM_NEWADDR' ? NLM_F_CREATE | NLM_F_EXCL : 0,
    subject: `${address} on ${subjectOf(link)}`,
    body: (writer) => {
      header(writer, family, prefixLength, ifindex);
      writer.attribute(IFA_LOCAL, (w) => w.raw(bytes));
      writer.attribute(IFA_ADDRESS, (w) => w.raw(bytes));
      writer.attribute(IFA_FLAGS, (w) => w.u32(IFA_F_NODAD));
    },
  });
}

/** Addresses of one interface, or of all. */
export function listAddresses(netlink: Netlink, link?: LinkRef): InterfaceAddress[] {
  const ifindex = typeof link === 'string' ? getLink(netlink, link).ifindex : (link ?? 0);
  return netlink
    .dump({ call: 'RTM_GETADDR', type: RTM_GETADDR, body: (writer) => header(writer, 0, 0, ifindex) })
    .map(parseAddress);
}

/** struct ifaddrmsg: u8 family, u8 prefix length, u8 flags, u8 scope, u32 ifindex. */
function header(writer: NetlinkWriter, family: number, prefixLength: number, ifindex: number): void {
  writer.u8(family).u8(prefixLength).u8(0).u8(0).u32(ifindex);
}

/** Reads an RTM_NEWADDR or RTM_DELADDR message. */
export function parseAddress(message: NetlinkReader): InterfaceAddress {
  const attributes = message.attributes(8);
  // On a point-to-point link IFA_ADDRESS is the peer's; IPv6 has no IFA_LOCAL unless there is a peer.
  const own = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  return { ifindex: message.u32(4), address: `${ipText(own?.bytes ?? new Uint8Array(4))}/${message.u8(1)}` };
}
