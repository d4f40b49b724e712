import { type Case, type Config, drops, leaving, passes } from './case.ts';

const TCP80: Config = { rules: [{ action: 'allow', protocol: 'tcp', port: 80 }] };
const syn = 'ip 10.0.0.1 > 192.0.2.1 / tcp 40000 > 80 syn';
const other = syn.replace('> 80', '> 81');
const syn6 = 'ip fd00::1 > 2001:db8::1 / tcp 40000 > 80 syn';

export const vlans: readonly Case[] = [
  {
    title: 'rules see through one VLAN tag and through two',
    config: TCP80,
    steps: [
      passes(`vlan 5 / ${syn}`, { opened: 1 }),
      passes(`vlan 5 / vlan 6 / ${syn}`, { known: 1 }),
      passes(`vlan 5 priority 7 dei / vlan 6 tag 0x88a8 / ${syn}`, { known: 1 }),
      passes(`vlan 4095 / vlan 1 tag 0x8100 / ${syn6}`, { opened: 1 }),
      drops(`vlan 5 / ${other}`, { refused: 1 }),
      drops(`vlan 5 / vlan 6 / ${other}`, { refused: 1 }),
      leaving(passes(`vlan 5 / ${syn}`, { known: 1 })),
      leaving(drops(`vlan 5 / vlan 6 / ${other}`, { refused: 1 })),
    ],
  },
  {
    title: 'IP behind three VLAN tags is no IP',
    config: { otherwise: 'allow' },
    steps: [
      drops(`vlan 5 / vlan 6 / vlan 7 / ${syn}`, { notIp: 1 }),
      drops(`vlan 5 / vlan 6 / vlan 7 / vlan 8 / ${syn6}`, { notIp: 1 }),
    ],
  },
  {
    title: 'IP behind three VLAN tags passes where other types do',
    config: { otherTypes: 'allow' },
    steps: [passes(`vlan 5 / vlan 6 / vlan 7 / ${syn}`, { notIp: 1 }), drops(`vlan 5 / ${syn}`, { refused: 1 })],
  },
  {
    title: 'a tag that is cut off is a type of its own',
    config: { otherwise: 'allow' },
    steps: [14, 15, 16, 17].map((length) => drops(`vlan 5 / ${syn} / cut ${length}`, { notIp: 1 })),
  },
  {
    title: 'other Ethernet types are dropped, or pass where that is said',
    config: { otherTypes: 'drop' },
    steps: [
      drops('eth type lldp / zeros 50', { notIp: 1 }),
      drops('eth type mpls / zeros 50', { notIp: 1 }),
      drops('eth type 0x0026 / zeros 50', { notIp: 1 }), // IEEE 802.3: a length
      drops('vlan 5 type lldp / zeros 50', { notIp: 1 }),
      leaving(drops('eth type lldp / zeros 50', { notIp: 1 })),
    ],
  },
  {
    title: 'the Ethernet type and the version of IP must agree',
    config: { otherwise: 'allow' },
    steps: [
      drops('eth type ipv6 / ip 10.0.0.1 > 192.0.2.1 / udp 1 > 2', { notIp: 1 }),
      drops('eth type ipv4 / ip fd00::1 > 2001:db8::1 / udp 1 > 2', { notIp: 1 }),
      drops('ip 10.0.0.1 > 192.0.2.1 version 5 / udp 1 > 2', { notIp: 1 }),
      drops('ip fd00::1 > fd00::2 version 4 / udp 1 > 2', { notIp: 1 }),
    ],
  },
];
