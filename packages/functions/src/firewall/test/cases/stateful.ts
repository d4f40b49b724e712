import { Config as parsed } from '../../config.ts';
import { ruleIds } from '../../rule-id.ts';
import { type Case, type Config, drops, leaving, passes, type Step } from './case.ts';

const OUT: Config = { rules: [{ direction: 'out', action: 'allow' }] };
const [OUTWARDS] = ruleIds(parsed.parse(OUT).rules);

/** Of all flows. */
function hasState(expected: string): NonNullable<Case['finally']> {
  return ({ opening, flows }) => {
    const seen = [...opening, ...flows].map(([, { state }]) => state).join(', ');
    if (seen !== expected) throw new Error(`flows are ${seen}, not ${expected}`);
  };
}

interface Conversation {
  readonly title: string;
  readonly asks: string;
  readonly answers: string;
  readonly others: readonly string[];
}

/** Two ends each way: which one has the lower address decides how the flow is kept. */
const conversations: readonly Conversation[] = [
  {
    title: 'TCP over IPv4, to a higher address',
    asks: 'ip 10.0.0.1 > 198.51.100.9 / tcp 40000 > 443 syn',
    answers: 'ip 198.51.100.9 > 10.0.0.1 / tcp 443 > 40000 syn ack',
    others: [
      'ip 198.51.100.9 > 10.0.0.1 / tcp 443 > 40001 syn ack',
      'ip 198.51.100.9 > 10.0.0.1 / tcp 444 > 40000 syn ack',
      'ip 198.51.100.8 > 10.0.0.1 / tcp 443 > 40000 syn ack',
      'ip 198.51.100.9 > 10.0.0.2 / tcp 443 > 40000 syn ack',
      'ip 198.51.100.9 > 10.0.0.1 / udp 443 > 40000',
    ],
  },
  {
    title: 'TCP over IPv4, to a lower address',
    asks: 'ip 203.0.113.1 > 198.51.100.9 / tcp 40000 > 443 syn',
    answers: 'ip 198.51.100.9 > 203.0.113.1 / tcp 443 > 40000 syn ack',
    others: ['ip 198.51.100.9 > 203.0.113.1 / tcp 40000 > 443 syn'],
  },
  {
    title: 'TCP over IPv4, between ports of one address',
    asks: 'ip 10.0.0.1 > 10.0.0.1 / tcp 500 > 400 syn',
    answers: 'ip 10.0.0.1 > 10.0.0.1 / tcp 400 > 500 syn ack',
    others: ['ip 10.0.0.1 > 10.0.0.1 / tcp 400 > 400 syn'],
  },
  {
    title: 'UDP over IPv4',
    asks: 'ip 10.0.0.1 > 192.0.2.53 / udp 5000 > 53 / "?"',
    answers: 'ip 192.0.2.53 > 10.0.0.1 / udp 53 > 5000 / "!"',
    others: ['ip 192.0.2.53 > 10.0.0.1 / udp 53 > 5001 / "!"'],
  },
  {
    title: 'TCP over IPv6, to a lower address',
    asks: 'ip fd00::1 > 2001:db8::9 / tcp 40000 > 443 syn',
    answers: 'ip 2001:db8::9 > fd00::1 / tcp 443 > 40000 syn ack',
    others: [
      'ip 2001:db8::9 > fd00::2 / tcp 443 > 40000 syn ack',
      'ip 2001:db8::8 > fd00::1 / tcp 443 > 40000 syn ack',
    ],
  },
  {
    title: 'UDP over IPv6, between addresses that differ in their last bit',
    asks: 'ip fd00::1 > fd00::2 / udp 5000 > 53 / "?"',
    answers: 'ip fd00::2 > fd00::1 / udp 53 > 5000 / "!"',
    others: ['ip fd00::3 > fd00::1 / udp 53 > 5000 / "!"'],
  },
  {
    title: 'echo over IPv4',
    asks: 'ip 10.0.0.1 > 192.0.2.1 / icmp echo-request id 77 sequence 1',
    answers: 'ip 192.0.2.1 > 10.0.0.1 / icmp echo-reply id 77 sequence 1',
    others: ['ip 192.0.2.1 > 10.0.0.1 / icmp echo-reply id 78 sequence 1'],
  },
  {
    title: 'echo over IPv6',
    asks: 'ip fd00::1 > 2001:db8::1 / icmp6 echo-request id 77 sequence 1',
    answers: 'ip 2001:db8::1 > fd00::1 / icmp6 echo-reply id 77 sequence 1',
    others: ['ip 2001:db8::1 > fd00::1 / icmp6 echo-reply id 7 sequence 1'],
  },
  {
    title: 'SCTP over IPv4',
    asks: 'ip 10.0.0.1 > 192.0.2.1 / sctp 3868 > 3869 / hex 01000004',
    answers: 'ip 192.0.2.1 > 10.0.0.1 / sctp 3869 > 3868 / hex 02000004',
    others: ['ip 192.0.2.1 > 10.0.0.1 / sctp 3868 > 3868 / hex 02000004'],
  },
  {
    title: 'GRE over IPv6',
    asks: 'ip fd00::1 > 2001:db8::1 protocol gre / hex 00000800',
    answers: 'ip 2001:db8::1 > fd00::1 protocol gre / hex 00000800',
    others: ['ip 2001:db8::2 > fd00::1 protocol gre / hex 00000800'],
  },
];

const known = { known: 1 };

const answered = conversations.map(
  ({ title, asks, answers, others }): Case => ({
    title: `${title}: answers come in once it is open, and nothing else does`,
    config: OUT,
    steps: [
      drops(answers, { refused: 1 }),
      leaving(passes(asks, { opened: 1 })),
      passes(answers, known),
      leaving(passes(asks, known)),
      ...others.map((other): Step => drops(other, { refused: 1 })),
    ],
    finally: hasState(asks.includes('/ tcp') ? 'answered' : 'stream'),
  }),
);

const flag = (src: string, dst: string, ports: string, flags: string) => `ip ${src} > ${dst} / tcp ${ports} ${flags}`;
const outwards = (flags: string) => flag('10.0.0.1', '192.0.2.1', '40000 > 80', flags);
const inwards = (flags: string) => flag('192.0.2.1', '10.0.0.1', '80 > 40000', flags);
const opens = leaving(passes(outwards('syn'), { opened: 1 }));
const handshake = [opens, passes(inwards('syn ack'), known), leaving(passes(outwards('ack'), known))];

export const stateful: readonly Case[] = [
  ...answered,
  {
    title: 'a flow without an answer stays opening',
    config: OUT,
    steps: [opens, leaving(passes(outwards('syn'), known))],
    finally: hasState('opening'),
  },
  {
    title: 'a connection is open with the packet behind the answer, not with repeated SYNs',
    config: OUT,
    steps: [
      opens,
      passes(inwards('syn ack'), known),
      leaving(passes(outwards('syn'), known)),
      leaving(passes(outwards('ack'), known)),
    ],
    finally: hasState('open'),
  },
  {
    title: 'who repeats SYNs and answers has no open connection',
    config: OUT,
    steps: [
      opens,
      passes(inwards('syn ack'), known),
      leaving(passes(outwards('syn'), known)),
      passes(inwards('syn ack'), known),
    ],
    finally: hasState('answered'),
  },
  {
    title: 'a connection is half closed with FIN from the end that opened it',
    config: OUT,
    steps: [...handshake, leaving(passes(outwards('fin ack'), known)), leaving(passes(outwards('fin ack'), known))],
    finally: hasState('closedByOpener'),
  },
  {
    title: 'a connection is half closed with FIN from the end that answers, and closed with the other',
    config: OUT,
    steps: [...handshake, passes(inwards('fin ack'), known), leaving(passes(outwards('ack'), known))],
    finally: hasState('closedByAnswerer'),
  },
  {
    title: 'a connection is closed when both ends have sent FIN',
    config: OUT,
    steps: [...handshake, passes(inwards('fin ack'), known), leaving(passes(outwards('fin ack'), known))],
    finally: hasState('closed'),
  },
  {
    title: 'a connection is closed with RST, and stays closed',
    config: OUT,
    steps: [
      ...handshake,
      passes(inwards('rst'), known),
      passes(inwards('ack'), known),
      passes(inwards('fin ack'), known),
    ],
    finally: hasState('closed'),
  },
  {
    title: 'the rules decide about a connection on the ports of one that is closed',
    config: {
      rules: [
        { direction: 'out', action: 'allow' },
        { direction: 'in', action: 'drop' },
      ],
    },
    steps: [
      ...handshake,
      passes(inwards('rst'), known),
      drops(inwards('syn'), { refused: 1 }),
      drops(inwards('ack'), { refused: 1 }),
      opens,
      passes(inwards('rst ack'), known),
      opens,
    ],
    finally: hasState('opening'),
  },
  {
    title: 'a SYN in an open connection changes nothing',
    config: OUT,
    steps: [...handshake, passes(inwards('syn'), known), leaving(passes(outwards('syn'), known))],
    finally: hasState('open'),
  },
  {
    title: 'only a SYN opens a TCP flow where that is said',
    config: { otherwise: 'allow', opening: 'syn' },
    steps: [
      ...['ack', 'syn ack', 'fin', 'rst', ''].map((flags) => drops(inwards(flags), { unopened: 1 })),
      passes(inwards('syn'), { opened: 1 }),
      leaving(passes(outwards('syn ack'), known)),
      passes(inwards('ack'), known),
      drops('ip 10.0.0.1 > 192.0.2.1 / tcp 5000 > 53 syn data-offset 4', { unopened: 1 }),
      passes('ip 10.0.0.1 > 192.0.2.1 / udp 5000 > 53', { opened: 1 }),
    ],
  },
  {
    title: 'an entry counts the packets and bytes of both directions',
    config: OUT,
    steps: [...handshake, passes(inwards('ack'), known), leaving(passes(`${outwards('ack')} / zeros 100`, known))],
    finally: ({ flows }) => {
      const [[key, { traffic, openedByLowerEnd, rule }] = expectEntry()] = flows;
      const seen = JSON.stringify({ key, traffic, openedByLowerEnd, rule });
      const flow = '"src":"10.0.0.1","dst":"192.0.2.1","sport":40000,"dport":80,"protocol":"tcp"';
      const wanted = `{"key":{${flow}},"traffic":{"packets":2,"bytes":214},"openedByLowerEnd":true,"rule":${OUTWARDS}}`;
      if (seen !== wanted) throw new Error(seen);
    },
  },
  {
    title: 'what the slow path refused stays refused without asking again, whatever its packets say',
    config: OUT,
    given: ({ opening }) =>
      opening.set(
        { src: '10.0.0.1', dst: '192.0.2.1', sport: 40_000, dport: 80, protocol: 'tcp' },
        { state: 'refused', openedByLowerEnd: true, rule: 3 },
      ),
    steps: [
      leaving(drops(outwards('syn'), { refused: 1 })),
      drops(inwards('rst'), { refused: 1 }),
      leaving(drops(outwards('fin'), { refused: 1 })),
    ],
    finally: hasState('refused'),
  },
];

function expectEntry(): never {
  throw new Error('there is no flow');
}
