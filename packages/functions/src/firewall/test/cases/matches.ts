// What rules can ask of a packet besides addresses, protocol and port.
import { after, type Case, type Config, drops, leaving, passes } from './case.ts';

const [opened, known, refused] = [{ opened: 1 }, { known: 1 }, { refused: 1 }];
const ip = 'ip 10.0.0.1 > 192.0.2.1';
const ip6 = 'ip fd00::1 > 2001:db8::1';
const STATELESS = { stateful: false, options: 'inspect' } as const;

const stateless = (rules: Config['rules'], more: Config = {}): Config => ({ ...STATELESS, rules, ...more });
const drop = (packet: string) => drops(packet, refused);
const offload = (packet: string) => ({ send: packet, verdict: 'stack', counts: {} }) as const;

export const matches: readonly Case[] = [
  {
    title: 'without a table of flows every packet is judged, and nothing is kept',
    config: stateless([{ direction: 'out', action: 'allow', protocol: 'tcp', port: 80 }]),
    steps: [
      leaving(passes(`${ip} / tcp 40000 > 80 syn`)),
      leaving(passes(`${ip} / tcp 40000 > 80 ack`)),
      drop('ip 192.0.2.1 > 10.0.0.1 / tcp 80 > 40000 syn ack'),
      leaving(drop(`${ip} / tcp 40000 > 81 ack`)),
    ],
    finally: ({ opening, flows }) => {
      if (opening.size + flows.size !== 0) throw new Error(`${opening.size + flows.size} flows`);
    },
  },
  {
    title: 'without a table of flows ICMP errors are judged by the rules, whatever they quote',
    config: stateless([{ action: 'allow', protocol: 'icmp', icmp: 'unreachable' }], { otherwise: 'drop' }),
    steps: [
      passes(`${ip} / icmp unreachable code port about (ip 192.0.2.1 > 10.0.0.1 / udp 1 > 2)`),
      drop(`${ip} / icmp time-exceeded about (ip 192.0.2.1 > 10.0.0.1 / udp 1 > 2)`),
    ],
  },
  {
    title: 'TCP flags: each that is named is set or not as it says, others are not looked at',
    config: stateless([
      { action: 'drop', protocol: 'tcp', flags: ['syn fin', '!syn !ack !fin !rst !psh !urg'] },
      { action: 'allow', protocol: 'tcp', flags: 'syn !ack' },
      { action: 'offload', protocol: 'tcp', flags: ['rst', 'fin'] },
    ]),
    steps: [
      passes(`${ip} / tcp 1 > 2 syn`),
      passes(`${ip6} / tcp 1 > 2 syn psh urg`),
      drop(`${ip} / tcp 1 > 2 syn fin`),
      drop(`${ip6} / tcp 1 > 2 syn fin ack`),
      drop(`${ip} / tcp 1 > 2`),
      drop(`${ip} / tcp 1 > 2 syn ack`),
      offload(`${ip} / tcp 1 > 2 rst`),
      offload(`${ip} / tcp 1 > 2 rst ack`),
      drop(`${ip} / udp 1 > 2`),
    ],
  },
  {
    title: 'types of ICMP, with a code where it is given, of the family of the protocol',
    config: stateless([
      { action: 'allow', protocol: 'icmp', icmp: ['echo-request', 'unreachable/1', 13] },
      { action: 'allow', protocol: 'icmp6', icmp: ['unreachable/4', '128'] },
    ]),
    steps: [
      passes(`${ip} / icmp echo-request id 1 sequence 1`),
      drop(`${ip} / icmp echo-reply id 1 sequence 1`),
      passes(`${ip} / icmp unreachable code host`),
      drop(`${ip} / icmp unreachable code port`),
      passes(`${ip} protocol icmp / hex 0d00000000000000`),
      drop(`${ip} protocol icmp / hex 0e00000000000000`),
      passes(`${ip6} / icmp6 echo-request id 1 sequence 1`),
      passes(`${ip6} / icmp6 unreachable code port`),
      drop(`${ip6} / icmp6 echo-reply id 1 sequence 1`),
    ],
  },
  {
    title: 'a type of ICMP is no port: rules of ports and types stand beside each other',
    config: stateless([
      { action: 'drop', protocol: 'icmp', icmp: 8 },
      { action: 'allow', protocol: 'udp', port: 2048 }, // 8 << 8
      { action: 'allow', protocol: 'icmp' },
    ]),
    steps: [
      drop(`${ip} / icmp echo-request id 2048 sequence 1`),
      passes(`${ip} / icmp echo-reply id 2048 sequence 1`),
      passes(`${ip} / udp 2048 > 2048`),
    ],
  },
  {
    title: 'VLANs: the outermost tag, or none',
    config: stateless([
      { action: 'allow', vlan: [5, 4095] },
      { action: 'offload', vlan: 'none', protocol: 'udp' },
      { action: 'allow', vlan: 0 },
    ]),
    steps: [
      passes(`vlan 5 / ${ip} / udp 1 > 2`),
      passes(`vlan 4095 / ${ip6} / udp 1 > 2`),
      drop(`vlan 6 / ${ip} / udp 1 > 2`),
      drop(`vlan 6 / vlan 5 / ${ip} / udp 1 > 2`),
      passes(`vlan 5 / vlan 6 / ${ip} / udp 1 > 2`),
      offload(`${ip} / udp 1 > 2`),
      drop(`${ip} / tcp 1 > 2`),
      passes(`vlan 0 priority 3 / ${ip} / tcp 1 > 2`),
    ],
  },
  {
    title: 'ports of the sender, lists of ports and of protocols',
    config: stateless([
      { action: 'allow', protocol: ['tcp', 'udp'], sourcePort: ['0-1023', 8080], port: [53, '100-200'] },
      { action: 'drop', protocol: [17, 'sctp'] },
      { action: 'offload', protocol: [89, 'gre'] },
    ]),
    steps: [
      passes(`${ip} / tcp 1023 > 53 syn`),
      passes(`${ip6} / udp 8080 > 200`),
      drop(`${ip} / udp 1024 > 53`),
      drop(`${ip} / udp 53 > 99`),
      offload(`${ip} protocol 89 / zeros 20`),
      offload(`${ip} protocol gre / hex 00000800`),
      drop(`${ip} / sctp 1 > 53 / "x"`),
    ],
  },
  {
    title: 'lists and sets of networks, of both families in one rule',
    config: stateless(
      [
        { action: 'drop', from: ['@office', '203.0.113.7/32'], to: ['192.0.2.128/25', '2001:db8::/32'] },
        { action: 'allow', from: '@office' },
      ],
      { sets: { office: ['10.0.0.0/24', '10.0.2.0/24', 'fd00::/16'] } },
    ),
    steps: [
      passes('ip 10.0.0.9 > 192.0.2.1 / udp 1 > 2'),
      drop('ip 10.0.0.9 > 192.0.2.129 / udp 1 > 2'),
      passes('ip 10.0.2.9 > 192.0.2.1 / udp 1 > 2'),
      drop('ip 10.0.1.9 > 192.0.2.1 / udp 1 > 2'),
      drop('ip fd00::9 > 2001:db8::1 / udp 1 > 2'),
      passes('ip fd00::9 > 2001:db9::1 / udp 1 > 2'),
      drop('ip 203.0.113.7 > 192.0.2.200 / udp 1 > 2'),
    ],
  },
  {
    title: 'the interface that a packet comes by, or leaves by',
    config: stateless([
      { action: 'allow', interface: 'port', vlan: 7 },
      { action: 'drop', interface: ['port'] },
      { action: 'allow' },
    ]),
    steps: [passes(`vlan 7 / ${ip} / udp 1 > 2`), drop(`${ip} / udp 1 > 2`), leaving(drop(`${ip} / udp 1 > 2`))],
  },
  {
    title: 'a limit allows what its rate and burst say, and drops the rest of what its rule matches',
    config: stateless([{ action: 'allow', protocol: 'udp', limit: '10/min', burst: 2 }], { otherwise: 'allow' }),
    steps: [
      passes(`${ip} / udp 1 > 2`),
      passes(`${ip} / udp 3 > 4`),
      drops(`${ip} / udp 1 > 2`, { limited: 1 }),
      after('5 s', drops(`${ip} / udp 1 > 2`, { limited: 1 })),
      after('2 s', passes(`${ip} / udp 1 > 2`)),
      drops(`${ip6} / udp 1 > 2`, { limited: 1 }),
      passes(`${ip} / tcp 1 > 2 syn`),
      after('1 min', passes(`${ip} / udp 1 > 2`)),
      passes(`${ip} / udp 1 > 2`),
      drops(`${ip} / udp 1 > 2`, { limited: 1 }),
    ],
  },
  {
    title: 'with a table of flows a limit counts flows, each rule by itself',
    config: {
      rules: [
        { action: 'allow', protocol: 'tcp', limit: '1/s', burst: 1 },
        { action: 'allow', protocol: 'udp', limit: '1/h', burst: 1 },
      ],
    },
    steps: [
      passes(`${ip} / tcp 1 > 2 syn`, opened),
      passes(`${ip} / tcp 1 > 2 syn`, known),
      drops(`${ip} / tcp 3 > 2 syn`, { limited: 1 }),
      passes(`${ip} / udp 1 > 2`, opened),
      after('2 s', passes(`${ip} / tcp 3 > 2 syn`, opened)),
      drops(`${ip} / udp 3 > 2`, { limited: 1 }),
    ],
  },
  {
    title: 'what is logged has the same verdict',
    config: stateless([
      { action: 'allow', protocol: 'tcp', log: 1 },
      { action: 'drop', protocol: 'udp', log: 1000 },
    ]),
    steps: [passes(`${ip} / tcp 1 > 2 syn`), passes(`${ip6} / tcp 1 > 2 ack`), drop(`${ip} / udp 1 > 2`)],
  },
];
