// The views that the fast path has, by the type that their values carry.
import type { Members } from './members.ts';
import { arpMembers, ethernetMembers, vlanMembers } from './packet/ethernet.ts';
import { icmpMembers, neighbourMembers } from './packet/icmp.ts';
import { ipMembers } from './packet/ip.ts';
import { packetMembers } from './packet/packet.ts';
import { portsMembers, tcpMembers, udpMembers } from './packet/ports.ts';

export interface ViewKind extends Members {
  /** For messages. */
  readonly title: string;
}

export const VIEWS: ReadonlyMap<string, ViewKind> = new Map<string, ViewKind>([
  ['packet', { title: 'packet', ...packetMembers }],
  ['link', { title: 'Ethernet header', ...ethernetMembers }],
  ['vlan', { title: 'VLAN tag', ...vlanMembers }],
  ['arp', { title: 'ARP header', ...arpMembers }],
  ['ip', { title: 'IP header', ...ipMembers }],
  ['tcp', { title: 'TCP header', ...tcpMembers }],
  ['udp', { title: 'UDP header', ...udpMembers }],
  ['ports', { title: 'pair of ports', ...portsMembers }],
  ['icmp', { title: 'ICMP header', ...icmpMembers }],
  ['neighbour', { title: 'neighbour message', ...neighbourMembers }],
]);
