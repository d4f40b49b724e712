import { after, type Case, type Config, drops, leaving, passes } from './case.ts';

const OUT: Config = { rules: [{ direction: 'out', action: 'allow' }] };
const outwards = (flags: string) => leaving(passes(`ip 10.0.0.1 > 192.0.2.1 / tcp 40000 > 80 ${flags}`, { known: 1 }));
const answer = 'ip 192.0.2.1 > 10.0.0.1 / tcp 80 > 40000 ack';
const opens = { ...outwards('syn'), counts: { opened: 1 } };
const answers = passes(answer, { known: 1 });
const refused = drops(answer, { refused: 1 });

/** How long each state lasts without packets; a second's grace, because stamps are whole seconds. */
export const ageing: readonly Case[] = [
  { title: 'a flow that is opening is known for 30 s', config: OUT, steps: [opens, after('29 s', answers)] },
  { title: 'a flow that is opening is forgotten after 30 s', config: OUT, steps: [opens, after('31 s', refused)] },
  {
    title: 'each packet of an opening flow keeps it for 30 s more',
    config: OUT,
    steps: [opens, after('20 s', outwards('syn')), after('20 s', outwards('syn')), after('20 s', answers)],
  },
  {
    title: 'an open flow is known for two hours',
    config: OUT,
    steps: [opens, answers, after('31 s', answers), after('7199 s', answers)],
  },
  {
    title: 'an open flow is forgotten after two hours',
    config: OUT,
    steps: [opens, answers, after('7201 s', refused)],
  },
  {
    title: 'a closing flow is known for 10 s',
    config: OUT,
    steps: [opens, answers, outwards('fin'), after('9 s', answers)],
  },
  {
    title: 'a closing flow is forgotten after 10 s, and opens anew',
    config: OUT,
    steps: [opens, answers, outwards('rst'), after('11 s', refused), opens],
  },
  {
    title: 'a refused flow is refused for 30 s after its last packet, then decided anew',
    config: { otherwise: 'allow' },
    given: ({ flows }) =>
      flows.set(
        { src: '10.0.0.1', dst: '192.0.2.1', sport: 40_000, dport: 80, protocol: 'tcp' },
        { state: 'refused', openedByLowerEnd: true, rule: 0 },
      ),
    steps: [after('29 s', refused), after('29 s', refused), after('31 s', passes(answer, { opened: 1 }))],
  },
  {
    title: 'flows of IPv6 age too',
    config: { otherwise: 'allow' },
    steps: [
      passes('ip fd00::1 > fd00::2 / udp 1 > 2', { opened: 1 }),
      after('29 s', passes('ip fd00::1 > fd00::2 / udp 1 > 2', { known: 1 })),
      after('31 s', passes('ip fd00::1 > fd00::2 / udp 1 > 2', { opened: 1 })),
    ],
  },
];
