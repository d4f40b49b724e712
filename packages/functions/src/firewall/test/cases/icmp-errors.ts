import { type Case, type Config, drops, leaving, passes, type Step } from './case.ts';

const OUT: Config = { rules: [{ direction: 'out', action: 'allow' }] };
const refused = { refused: 1 };

const tcp4 = 'ip 10.0.0.1 > 192.0.2.1 / tcp 40000 > 80';
const udp6 = 'ip fd00::1 > 2001:db8::1 / udp 5000 > 53';
const about4 = (quoted: string, message = 'unreachable code port') =>
  `ip 198.51.100.254 > 10.0.0.1 / icmp ${message} about (${quoted})`;
const about6 = (quoted: string, message = 'unreachable code port') =>
  `ip 2001:db8::fe > fd00::1 / icmp6 ${message} about (${quoted})`;

const open4 = leaving(passes(`${tcp4} syn`, { opened: 1 }));
const open6 = leaving(passes(udp6, { opened: 1 }));

export const icmpErrors: readonly Case[] = [
  {
    title: 'errors about a flow that is known pass, of every kind, and keep no flow',
    config: OUT,
    steps: [
      open4,
      passes(about4(tcp4)),
      passes(about4(tcp4, 'unreachable mtu 1400')),
      passes(about4(tcp4, 'time-exceeded')),
      passes(about4(tcp4, 'parameter-problem pointer 1')),
      passes(about4(tcp4, 'redirect gateway 10.0.0.254')),
      open6,
      passes(about6(udp6)),
      passes(about6(udp6, 'packet-too-big mtu 1280')),
      passes(about6(udp6, 'time-exceeded')),
      passes(about6(udp6, 'parameter-problem pointer 6')),
    ],
    finally: ({ opening }) => {
      if (opening.size !== 2) throw new Error(`${opening.size} flows`);
    },
  },
  {
    title: 'errors about a flow that is not known are dropped, though the rules allow everything',
    config: { otherwise: 'allow' },
    steps: [drops(about4(tcp4), refused), drops(about6(udp6), refused), leaving(drops(about4(tcp4), refused))],
  },
  {
    title: 'an error about either direction of a flow goes with it',
    config: OUT,
    steps: [
      open4,
      leaving(
        passes('ip 10.0.0.1 > 192.0.2.1 / icmp unreachable code port about (ip 192.0.2.1 > 10.0.0.1 / tcp 80 > 40000)'),
      ),
      drops(about4('ip 10.0.0.1 > 192.0.2.1 / tcp 40001 > 80'), refused),
      drops(about4('ip 10.0.0.1 > 192.0.2.1 / udp 40000 > 80'), refused),
    ],
  },
  {
    title: 'errors about a flow that is refused are dropped',
    config: { otherwise: 'allow' },
    given: ({ opening }) =>
      opening.set(
        { src: '10.0.0.1', dst: '192.0.2.1', sport: 40_000, dport: 80, protocol: 'tcp' },
        { state: 'refused', openedByLowerEnd: true, rule: 0 },
      ),
    steps: [drops(about4(tcp4), refused)],
  },
  {
    title: 'an error that quotes a fragment, options or extension headers is about the flow all the same',
    config: OUT,
    steps: [
      open4,
      passes(about4('ip 10.0.0.1 > 192.0.2.1 options nop / tcp 40000 > 80')),
      passes(about4('ip 10.0.0.1 > 192.0.2.1 fragment offset 0 more id 3 / tcp 40000 > 80')),
      open6,
      passes(about6('ip fd00::1 > 2001:db8::1 / ext destination / udp 5000 > 53')),
      passes(about6('ip fd00::1 > 2001:db8::1 / ext fragment offset 0 more id 3 / udp 5000 > 53')),
    ],
  },
  {
    title: 'an error about a later fragment shows no flow and is judged as ICMP',
    config: OUT,
    steps: [
      open4,
      drops(about4('ip 10.0.0.1 > 192.0.2.1 fragment offset 3 id 3 protocol tcp / zeros 8'), refused),
      drops(about6('ip fd00::1 > 2001:db8::1 / ext fragment offset 3 id 3 next udp / zeros 8'), refused),
    ],
  },
  {
    title: 'an error about a packet that claims more than is quoted is about its flow',
    config: OUT,
    steps: [
      open4,
      passes(about4('ip 10.0.0.1 > 192.0.2.1 length 1500 / tcp 40000 > 80')),
      passes(
        'ip 198.51.100.254 > 10.0.0.1 / icmp unreachable code port about (ip 10.0.0.1 > 192.0.2.1 length 1500 protocol tcp / hex 9c40005000000000)',
      ),
      drops(
        'ip 198.51.100.254 > 10.0.0.1 / icmp unreachable code port about (ip 10.0.0.1 > 192.0.2.1 length 1500 protocol tcp / hex 9c400050000000)',
        refused,
      ),
    ],
  },
  {
    title: 'an error about an echo is about its flow',
    config: OUT,
    steps: [
      leaving(passes('ip 10.0.0.1 > 192.0.2.1 / icmp echo-request id 7 sequence 1', { opened: 1 })),
      passes(about4('ip 10.0.0.1 > 192.0.2.1 / icmp echo-request id 7 sequence 1', 'time-exceeded')),
      drops(about4('ip 10.0.0.1 > 192.0.2.1 / icmp echo-request id 8 sequence 1', 'time-exceeded'), refused),
      leaving(passes('ip fd00::1 > 2001:db8::1 / icmp6 echo-request id 7 sequence 1', { opened: 1 })),
      passes(about6('ip fd00::1 > 2001:db8::1 / icmp6 echo-request id 7 sequence 1', 'time-exceeded')),
    ],
  },
  {
    title: 'an error does not keep a flow from ageing',
    config: OUT,
    steps: [
      open4,
      { ...passes(about4(tcp4)), after: '29 s' },
      { ...drops(about4(tcp4), refused), after: '3 s' } satisfies Step,
    ],
  },
  {
    title: 'an error that quotes the other family is judged as ICMP',
    config: OUT,
    steps: [open4, drops(about4('ip fd00::1 > 2001:db8::1 / udp 5000 > 53'), refused)],
  },
  {
    title: 'an error that quotes an error is about no flow that could be known',
    config: OUT,
    steps: [open4, drops(about4(`ip 10.0.0.1 > 198.51.100.254 / icmp unreachable about (${tcp4})`), refused)],
  },
];
