import { type Case, drops, leaving, passes } from './case.ts';

const solicitation = 'ip fe80::1 > ff02::1:ff00:2 hops 255 / icmp6 neighbour-solicitation fe80::2';
const advertisement = 'ip fe80::2 > fe80::1 hops 255 / icmp6 neighbour-advertisement fe80::2 solicited';

export const neighbours: readonly Case[] = [
  {
    title: 'ARP passes both ways, also behind VLAN tags, and is not counted',
    steps: [
      passes('arp who-has 10.0.0.1 tell 10.0.0.2'),
      leaving(passes('arp 10.0.0.1 is-at 02:00:00:00:00:09 tell 10.0.0.2')),
      passes('vlan 5 / arp who-has 10.0.0.1 tell 10.0.0.2'),
      passes('vlan 5 / vlan 6 / arp who-has 10.0.0.1 tell 10.0.0.2'),
    ],
  },
  {
    title: 'ARP that is cut off, or of other hardware, is no ARP',
    steps: [
      ...[14, 20, 41].map((length) => drops(`arp who-has 10.0.0.1 tell 10.0.0.2 / cut ${length}`, { notIp: 1 })),
      passes('arp who-has 10.0.0.1 tell 10.0.0.2 / cut 42'),
      drops(`eth type arp / hex 0006080006040001 / zeros 38`, { notIp: 1 }),
      drops(`eth type arp / hex 0001080008040001 / zeros 38`, { notIp: 1 }),
    ],
  },
  {
    title: 'neighbour discovery passes without a rule, with and without the address option',
    steps: [
      passes(solicitation),
      passes(`${solicitation} mac 02:00:00:00:00:01`),
      leaving(passes(`${advertisement} mac 02:00:00:00:00:02`)),
      passes(advertisement),
    ],
    finally: ({ opening, flows }) => {
      if (opening.size + flows.size !== 0) throw new Error(`${opening.size + flows.size} flows`);
    },
  },
  {
    title: 'neighbour discovery without its target is ICMPv6 as any other',
    steps: [
      drops('ip fe80::1 > fe80::2 hops 255 / icmp6 neighbour-solicitation', { refused: 1 }),
      drops('ip fe80::1 > fe80::2 hops 255 / icmp6 neighbour-solicitation / zeros 15', { refused: 1 }),
      drops('ip fe80::1 > fe80::2 hops 255 / icmp6 router-solicitation', { refused: 1 }),
      drops('ip fe80::1 > fe80::2 hops 255 / icmp6 router-advertisement / zeros 8', { refused: 1 }),
    ],
  },
  {
    title: 'neighbour discovery that carries options of IPv6 is dropped',
    steps: [
      drops('ip fe80::1 > fe80::2 hops 255 / ext hop-by-hop / icmp6 neighbour-solicitation fe80::2', { optioned: 1 }),
    ],
  },
  {
    title: 'echo is no neighbour discovery, and multicast is asked of the rules',
    config: { rules: [{ action: 'allow', to: 'ff00::/8' }] },
    steps: [
      passes('ip fe80::1 > ff02::1 hops 255 / icmp6 echo-request id 1 sequence 1', { opened: 1 }),
      drops('ip fe80::1 > fe80::2 hops 255 / icmp6 echo-request id 1 sequence 1', { refused: 1 }),
    ],
  },
];
