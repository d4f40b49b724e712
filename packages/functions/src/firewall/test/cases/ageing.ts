import { after, type Case, type Config, drops, leaving, passes } from './case.ts';

const OUT: Config = { rules: [{ direction: 'out', action: 'allow' }] };
const outwards = (flags: string) => leaving(passes(`ip 10.0.0.1 > 192.0.2.1 / tcp 40000 > 80 ${flags}`, { known: 1 }));
const inwards = (flags: string) => passes(`ip 192.0.2.1 > 10.0.0.1 / tcp 80 > 40000 ${flags}`, { known: 1 });
const answer = 'ip 192.0.2.1 > 10.0.0.1 / tcp 80 > 40000 ack';
const opens = { ...outwards('syn'), counts: { opened: 1 } };
const answers = passes(answer, { known: 1 });
const refused = drops(answer, { refused: 1 });
const handshake = [opens, inwards('syn ack'), outwards('ack')];

const asks = (counts: { known: number } | { opened: number }) =>
  leaving(passes('ip fd00::1 > fd00::2 / udp 1 > 2', counts));
const says = passes('ip fd00::2 > fd00::1 / udp 2 > 1', { known: 1 });

/** How long each state lasts without packets; a second's grace, because stamps are whole seconds. */
export const ageing: readonly Case[] = [
  {
    title: 'a state lasts as long as its configuration says, and the others as before',
    config: { ...OUT, timeouts: { open: '1 min', closed: '40 s' } },
    steps: [
      opens,
      after('29 s', inwards('syn ack')),
      outwards('ack'),
      after('59 s', answers),
      inwards('rst'),
      after('39 s', answers),
      after('41 s', refused),
    ],
  },
  { title: 'a flow that is opening is known for 30 s', config: OUT, steps: [opens, after('29 s', answers)] },
  { title: 'a flow that is opening is forgotten after 30 s', config: OUT, steps: [opens, after('31 s', refused)] },
  {
    title: 'each packet of an opening flow keeps it for 30 s more',
    config: OUT,
    steps: [opens, after('20 s', outwards('syn')), after('20 s', outwards('syn')), after('20 s', answers)],
  },
  {
    title: 'a flow that was answered waits a minute for the opener, and no longer',
    config: OUT,
    steps: [
      opens,
      inwards('syn ack'),
      after('59 s', inwards('syn ack')),
      after('61 s', drops('ip 192.0.2.1 > 10.0.0.1 / tcp 80 > 40000 syn ack', { refused: 1 })),
    ],
  },
  {
    title: 'an open TCP connection is known for two hours and five minutes, longer than its keep-alives take',
    config: OUT,
    steps: [...handshake, after('31 s', answers), after('7499 s', answers)],
  },
  {
    title: 'an open TCP connection is forgotten after two hours and five minutes',
    config: OUT,
    steps: [...handshake, after('7501 s', refused)],
  },
  {
    title: 'a connection that one end has closed is known for four minutes',
    config: OUT,
    steps: [...handshake, outwards('fin ack'), after('239 s', answers), after('241 s', refused)],
  },
  {
    title: 'a connection that both ends have closed is known for 10 s',
    config: OUT,
    steps: [
      ...handshake,
      outwards('fin ack'),
      inwards('fin ack'),
      outwards('ack'),
      after('9 s', answers),
      after('11 s', refused),
    ],
  },
  {
    title: 'a connection that was reset is forgotten after 10 s, and opens anew',
    config: OUT,
    steps: [...handshake, inwards('rst'), after('9 s', answers), after('11 s', refused), opens],
  },
  {
    title: 'an attempt that was reset is forgotten after 10 s',
    config: OUT,
    steps: [opens, inwards('rst ack'), after('11 s', refused)],
  },
  {
    title: 'a refused flow is refused for 30 s after its last packet, then decided anew',
    config: { otherwise: 'allow' },
    given: ({ opening }) =>
      opening.set(
        { src: '10.0.0.1', dst: '192.0.2.1', sport: 40_000, dport: 80, protocol: 'tcp' },
        { state: 'refused', openedByLowerEnd: true, rule: 0 },
      ),
    steps: [after('29 s', refused), after('29 s', refused), after('31 s', passes(answer, { opened: 1 }))],
  },
  {
    title: 'UDP without an answer is known for 30 s, over IPv6 too',
    config: OUT,
    steps: [asks({ opened: 1 }), after('29 s', asks({ known: 1 })), after('31 s', asks({ opened: 1 }))],
  },
  {
    title: 'UDP that was answered is known for five minutes',
    config: OUT,
    steps: [
      asks({ opened: 1 }),
      says,
      after('299 s', says),
      after('301 s', { ...says, verdict: 'drop', counts: { refused: 1 } }),
    ],
  },
];
