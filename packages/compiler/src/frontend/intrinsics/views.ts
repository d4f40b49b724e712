// The views that the fast path has, by the type that their values carry.
import { ipOfHeader, nextOfHeader } from './headers/header-view.ts';
import type { Members, Setter } from './members.ts';
import { bytesMembers } from './packet/bytes.ts';
import { arpMembers, ethernetMembers } from './packet/ethernet.ts';
import { icmpMembers, neighbourMembers } from './packet/icmp.ts';
import { ipMembers } from './packet/ip.ts';
import { packetMembers } from './packet/packet.ts';
import { portsMembers, tcpMembers, udpMembers } from './packet/ports.ts';
import { vlanMembers } from './packet/vlan.ts';
import { ethernetSetters, ipSetters, portsSetters, tcpSetters, vlanSetters } from './rewrite/setters.ts';

export interface ViewKind extends Members {
  /** For messages. */
  readonly title: string;
  /** Fields that can be written, by name. */
  readonly setters?: Readonly<Record<string, Setter>>;
}

export const VIEWS: ReadonlyMap<string, ViewKind> = new Map<string, ViewKind>([
  ['packet', { title: 'packet', ...packetMembers }],
  ['link', { title: 'Ethernet header', ...ethernetMembers, setters: ethernetSetters }],
  ['vlan', { title: 'VLAN tag', ...vlanMembers, setters: vlanSetters }],
  ['arp', { title: 'ARP header', ...arpMembers }],
  ['ip', { title: 'IP header', ...ipMembers, setters: ipSetters }],
  ['tcp', { title: 'TCP header', ...tcpMembers, setters: tcpSetters }],
  ['udp', { title: 'UDP header', ...udpMembers, setters: portsSetters }],
  ['ports', { title: 'pair of ports', ...portsMembers, setters: portsSetters }],
  ['bytes', { title: 'piece of the packet', ...bytesMembers }],
  ['icmp', { title: 'ICMP header', ...icmpMembers }],
  // Its properties are the author's (headers/header-view.ts).
  ['header', { title: 'header', properties: {}, methods: { next: nextOfHeader, ip: ipOfHeader } }],
  ['neighbour', { title: 'neighbour message', ...neighbourMembers }],
]);
