// How eVNF's eFW breaks (by number), and what all its functions have in common (common), and what our firewall does instead.
import { type Case, drops, leaving, passes, type Step } from './case.ts';

const [opened, known, refused] = [{ opened: 1 }, { known: 1 }, { refused: 1 }];
const syn = (src: string, dst: string, port = 80) => `ip ${src} > ${dst} / tcp 40000 > ${port} syn`;
const toHost = (send: string): Step => ({ send, verdict: 'stack', counts: {} });

export const defects: readonly Case[] = [
  {
    title: 'eFW 1: a rule by source looks at the source, one by destination at the destination',
    config: {
      rules: [
        { action: 'drop', from: '10.0.0.0/8' },
        { action: 'allow', to: '192.0.2.0/24' },
      ],
    },
    steps: [
      drops(syn('10.0.0.1', '192.0.2.1'), refused),
      passes(syn('198.51.100.1', '192.0.2.1'), opened),
      drops(syn('192.0.2.1', '198.51.100.1'), refused),
      drops(syn('198.51.100.1', '10.0.0.1'), refused),
    ],
  },
  {
    title: 'eFW 2: an allowed port wins over no block that stands before it',
    config: {
      rules: [
        { action: 'drop', from: '203.0.113.0/24' },
        { action: 'allow', protocol: 'tcp', port: 80 },
      ],
    },
    steps: [drops(syn('203.0.113.9', '10.0.0.1'), refused), passes(syn('198.51.100.9', '10.0.0.1'), opened)],
  },
  {
    title: 'eFW 3: beside connection tracking both directions of what is allowed go to the host, or on the way to it',
    config: {
      stateful: false,
      otherwise: 'offload',
      rules: [{ action: 'drop', direction: 'in', protocol: 'tcp', port: 23 }],
    },
    steps: [
      drops(syn('198.51.100.9', '10.0.0.1', 23), refused),
      toHost(syn('198.51.100.9', '10.0.0.1', 80)),
      leaving(toHost('ip 10.0.0.1 > 198.51.100.9 / tcp 80 > 40000 syn ack')),
      toHost('ip 198.51.100.9 > 10.0.0.1 / udp 1 > 2'),
    ],
  },
  {
    title: 'eFW 7: what no rule allows is dropped, of every protocol',
    steps: [
      drops(syn('198.51.100.9', '10.0.0.1'), refused),
      drops('ip 198.51.100.9 > 10.0.0.1 / udp 1 > 2', refused),
      drops('ip 198.51.100.9 > 10.0.0.1 / icmp echo-request id 1 sequence 1', refused),
      drops('ip 198.51.100.9 > 10.0.0.1 protocol 99 / zeros 20', refused),
    ],
  },
  {
    title: 'eFW 7: rules count the packets that they judge',
    config: { stateful: false, rules: [{ action: 'allow', protocol: 'tcp', port: [80, 443] }, { action: 'drop' }] },
    steps: [
      passes(syn('198.51.100.9', '10.0.0.1')),
      passes(syn('198.51.100.9', '10.0.0.1', 443)),
      drops(syn('198.51.100.9', '10.0.0.1', 22), refused),
    ],
    finally: ({ rules }) => {
      const hits = [0, 1, 2].map((entry) => rules.ordered.hits(entry)).join();
      if (hits !== '1,1,1') throw new Error(hits);
    },
  },
  {
    title: 'eVNF, common: IP options do not shift ports out of sight',
    config: { options: 'inspect', rules: [{ action: 'allow', protocol: 'tcp', port: 80 }] },
    steps: [
      passes('ip 10.0.0.1 > 192.0.2.1 options nop nop nop nop / tcp 40000 > 80 syn', opened),
      drops('ip 10.0.0.1 > 192.0.2.1 options nop nop nop nop / tcp 80 > 81 syn', refused),
    ],
  },
  {
    title: 'eVNF, common: the payload of later fragments is not taken for ports',
    config: { rules: [{ action: 'allow', protocol: 'tcp', port: 80 }] },
    steps: [
      drops('ip 10.0.0.1 > 192.0.2.1 fragment offset 8 id 3 protocol tcp / hex 9c4000500000000000000000', {
        fragments: 1,
      }),
    ],
  },
  {
    title: 'eVNF, common: IPv6 and what is behind VLAN tags is judged, and does not just pass',
    config: { rules: [{ action: 'allow', protocol: 'tcp', port: 80 }] },
    steps: [
      drops('ip fd00::1 > fd00::2 / tcp 1 > 81 syn', refused),
      drops(`vlan 5 / ${syn('10.0.0.1', '192.0.2.1', 81)}`, refused),
      passes(`vlan 5 / ip fd00::1 > fd00::2 / tcp 1 > 80 syn`, opened),
    ],
  },
  {
    title: 'eLB 4, as of a firewall: FIN and RST of either end end a flow, and a reused port inherits no verdict',
    config: { rules: [{ direction: 'out', action: 'allow' }] },
    steps: [
      leaving(passes(syn('10.0.0.1', '192.0.2.1'), opened)),
      passes('ip 192.0.2.1 > 10.0.0.1 / tcp 80 > 40000 rst', known),
      drops('ip 192.0.2.1 > 10.0.0.1 / tcp 80 > 40000 syn', refused),
    ],
  },
];
