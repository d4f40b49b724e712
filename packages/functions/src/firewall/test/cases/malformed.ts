import { type Case, type Config, drops, passes } from './case.ts';

const ALLOW: Config = { otherwise: 'allow' };

/** The firewall judges headers; whether a checksum holds is for those who receive the packet. */
export const malformed: readonly Case[] = [
  {
    title: 'wrong checksums change no verdict, and stay wrong',
    config: { rules: [{ action: 'allow', protocol: 'tcp' }] },
    steps: [
      passes('ip 10.0.0.1 > 192.0.2.1 checksum 1 / tcp 40000 > 80 syn', { opened: 1 }),
      passes('ip 10.0.0.1 > 192.0.2.1 / tcp 40000 > 80 ack checksum 1', { known: 1 }),
      drops('ip 10.0.0.1 > 192.0.2.1 / udp 40000 > 80 checksum 0xffff', { refused: 1 }),
      drops('ip fd00::1 > fd00::2 / udp 40000 > 80 checksum 0', { refused: 1 }),
    ],
  },
  {
    title: 'lengths of UDP and offsets of TCP that contradict the datagram show their ports all the same',
    config: ALLOW,
    steps: [
      passes('ip 10.0.0.1 > 192.0.2.1 / udp 5000 > 53 length 7', { opened: 1 }),
      passes('ip 10.0.0.1 > 192.0.2.1 / udp 5000 > 53 length 999', { known: 1 }),
      passes('ip 10.0.0.1 > 192.0.2.1 / tcp 5000 > 53 data-offset 4', { opened: 1 }),
      passes('ip 10.0.0.1 > 192.0.2.1 / tcp 5000 > 53 data-offset 15', { known: 1 }),
    ],
  },
  {
    title: 'TCP whose header contradicts itself does not close a flow',
    config: ALLOW,
    steps: [
      passes('ip 10.0.0.1 > 192.0.2.1 / tcp 5000 > 53 syn', { opened: 1 }),
      passes('ip 10.0.0.1 > 192.0.2.1 / tcp 5000 > 53 rst data-offset 4', { known: 1 }),
      passes('ip 10.0.0.1 > 192.0.2.1 / tcp 5000 > 53 fin data-offset 9', { known: 1 }),
    ],
    finally: ({ opening }) => {
      for (const [, { state }] of opening) if (state !== 'opening') throw new Error(`the flow is ${state}`);
    },
  },
  {
    title: 'datagrams longer than their frame are no IP',
    config: ALLOW,
    steps: [
      drops('ip 10.0.0.1 > 192.0.2.1 length 65535 / tcp 40000 > 80 syn', { notIp: 1 }),
      drops('ip 10.0.0.1 > 192.0.2.1 length 47 / udp 1 > 2', { notIp: 1 }),
      drops('ip fd00::1 > fd00::2 length 65575 / udp 1 > 2', { notIp: 1 }),
    ],
  },
  {
    title: 'a payload length of 0, as jumbograms have it, shows no transport header',
    config: ALLOW,
    steps: [drops('ip fd00::1 > fd00::2 length 40 / udp 1 > 2 / zeros 20', { unreadable: 1 })],
  },
  {
    title: 'ICMP in IPv6 and ICMPv6 in IPv4 are protocols like any other, without flows of their own',
    config: { rules: [{ action: 'allow', protocol: 'icmp' }] },
    steps: [
      passes('ip fd00::1 > fd00::2 protocol icmp / hex 08000000000700010102', { opened: 1 }),
      drops('ip 10.0.0.1 > 10.0.0.2 protocol icmp6 / hex 80000000000700010102', { refused: 1 }),
    ],
    finally: ({ opening }) => {
      const [{ sport, dport, protocol } = {}] = [...opening].map(([flow]) => flow);
      if (sport !== 0 || dport !== 0 || protocol !== 'icmp') throw new Error(`${protocol} ${sport} > ${dport}`);
    },
  },
  {
    title: 'the first byte of a later header is no reason to see a tunnel',
    config: { rules: [{ action: 'allow', protocol: 'tcp', port: 80 }] },
    steps: [
      drops('ip 10.0.0.1 > 192.0.2.1 protocol 4 / hex 45000028000000004006000001020304050607089c400050', {
        refused: 1,
      }),
    ],
  },
  {
    title: 'multicast of scope 0 is no IP packet, and no IPv4 address to the slow path',
    config: { rules: [{ action: 'allow', protocol: 'udp', when: {} }] },
    steps: [
      drops('ip ff00::1 > 2001:db8::1 / udp 5000 > 53', { notIp: 1 }),
      drops('ip 2001:db8::1 > ff00::c0a8:1 / udp 5000 > 53', { notIp: 1 }),
    ],
  },
];
