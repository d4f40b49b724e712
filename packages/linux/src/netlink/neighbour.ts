import { ipBytes, ipText, macBytes, macText } from './address-text.ts';
import { getLink, type LinkRef, subjectOf } from './link.ts';
import type { NetlinkReader, NetlinkWriter } from './message.ts';
import type { Netlink } from './socket.ts';

const RTM_NEWNEIGH = 28;
const RTM_DELNEIGH = 29;
const RTM_GETNEIGH = 30;
const NLM_F_REPLACE = 0x100;
const NLM_F_CREATE = 0x400;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NUD_PERMANENT = 0x80;
/** As a packet to it would: what is unknown is asked for, what is stale is confirmed. */
const NTF_USE = 1;

const states: readonly (readonly [number, NeighbourState])[] = [
  [0x01, 'incomplete'],
  [0x02, 'reachable'],
  [0x04, 'stale'],
  [0x08, 'delay'],
  [0x10, 'probe'],
  [0x20, 'failed'],
  [0x40, 'noarp'],
  [NUD_PERMANENT, 'permanent'],
];

export type NeighbourState =
  | 'incomplete'
  | 'reachable'
  | 'stale'
  | 'delay'
  | 'probe'
  | 'failed'
  | 'noarp'
  | 'permanent';

/** An entry of the ARP or neighbour discovery table. */
export interface Neighbour {
  readonly ifindex: number;
  readonly address: string;
  /** Undefined while unresolved. */
  readonly mac: string | undefined;
  readonly state: NeighbourState;
}

/** Adds or replaces a permanent entry: no ARP or neighbour solicitation is sent for this address. */
export function addNeighbour(netlink: Netlink, link: LinkRef, address: string, mac: string): void {
  change(netlink, 'RTM_NEWNEIGH', link, address, mac);
}

export function deleteNeighbour(netlink: Netlink, link: LinkRef, address: string): void {
  change(netlink, 'RTM_DELNEIGH', link, address);
}

/**
 * Does to an entry what a packet to it does: one that is missing or failed is asked for (ARP, RFC 826; neighbour discovery,
 * RFC 4861), one that is stale is confirmed. What comes of it is told by events.
 * @throws SyscallError: ENOBUFS (the kernel's table is full), ENETDOWN or EINVAL (nothing can be asked there).
 */
export function useNeighbour(netlink: Netlink, ifindex: number, address: string): void {
  const { family, bytes } = ipBytes(address);
  netlink.change({
    call: 'RTM_NEWNEIGH',
    type: RTM_NEWNEIGH,
    flags: NLM_F_CREATE,
    subject: `neighbour ${address} on ${subjectOf(ifindex)}`,
    body: (writer) => {
      header(writer, family, ifindex, 0, NTF_USE);
      writer.attribute(NDA_DST, (w) => w.raw(bytes));
    },
  });
}

function change(netlink: Netlink, call: 'RTM_NEWNEIGH' | 'RTM_DELNEIGH', link: LinkRef, address: string, mac?: string) {
  const ifindex = typeof link === 'number' ? link : getLink(netlink, link).ifindex;
  const { family, bytes } = ipBytes(address);
  const adding = call === 'RTM_NEWNEIGH';
  netlink.change({
    call,
    type: adding ? RTM_NEWNEIGH : RTM_DELNEIGH,
    flags: adding ? NLM_F_CREATE | NLM_F_REPLACE : 0,
    subject: `neighbour ${address} on ${subjectOf(link)}`,
    body: (writer) => {
      header(writer, family, ifindex, adding ? NUD_PERMANENT : 0);
      writer.attribute(NDA_DST, (w) => w.raw(bytes));
      if (mac !== undefined) writer.attribute(NDA_LLADDR, (w) => w.raw(macBytes(mac)));
    },
  });
}

export function listNeighbours(netlink: Netlink): Neighbour[] {
  return netlink
    .dump({ call: 'RTM_GETNEIGH', type: RTM_GETNEIGH, body: (writer) => header(writer, 0, 0, 0) })
    .map(parseNeighbour)
    .filter((neighbour) => neighbour !== undefined);
}

/** struct ndmsg: u8 family, 3 bytes padding, i32 ifindex, u16 state, u8 flags, u8 type. */
function header(writer: NetlinkWriter, family: number, ifindex: number, state: number, flags = 0): void {
  writer.u32(family).u32(ifindex).u16(state).u8(flags).u8(0);
}

/** Reads an RTM_NEWNEIGH or RTM_DELNEIGH message. `undefined`: it is of no IP address, or has no state yet. */
export function parseNeighbour(message: NetlinkReader): Neighbour | undefined {
  const attributes = message.attributes(12);
  const address = attributes.get(NDA_DST);
  const state = states.find(([bit]) => (message.u16(8) & bit) !== 0)?.[1];
  // Bridge entries have no IP address; an entry just made has no state yet.
  if (address === undefined || state === undefined) return undefined;
  const mac = attributes.get(NDA_LLADDR);
  return {
    ifindex: message.u32(4),
    address: ipText(address.bytes),
    mac: mac === undefined ? undefined : macText(mac.bytes),
    state,
  };
}
