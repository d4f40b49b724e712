// Flows without a verdict: how much of them is shown to the classifiers.
import {
  after,
  type Case,
  conversation,
  holding,
  holds,
  opens,
  passes,
  settings,
  shown,
  sniffing,
  tcpSettings,
} from './case.ts';

const all = settings.flatMap((setting): readonly Case[] => {
  const { name } = setting;
  const { asks, answers, key } = conversation(setting);
  const other = conversation(setting, { sport: 40_001 });
  return [
    {
      title: `${name}: the first packets are shown, both directions together, and then no more`,
      config: sniffing,
      steps: [
        opens(asks()),
        shown(answers()),
        shown(asks()),
        passes(asks(), { waiting: 1 }),
        passes(answers(), { waiting: 1 }),
      ],
      finally: ({ undecided }) => holds('flows', 1, undecided.size),
    },
    {
      title: `${name}: packets without a verdict are counted with their flow`,
      config: sniffing,
      steps: [opens(asks()), shown(answers()), shown(asks()), passes(asks(), { waiting: 1 })],
      finally: ({ undecided }) => holds('packets', 4, undecided.get(key)?.traffic.packets),
    },
    {
      title: `${name}: each flow has a number of its own`,
      config: sniffing,
      steps: [opens(asks()), opens(other.asks()), shown(asks()), shown(other.answers())],
      finally: ({ undecided }) =>
        holds(
          'left',
          [1, 1],
          [...undecided].map(([, { left }]) => left),
        ),
    },
    {
      title: `${name}: who holds hands packets over, with flow, time of birth and how many more may come`,
      config: holding,
      steps: [
        {
          send: asks(),
          verdict: 'slowPath held',
          metadata: { key, born: 1000e9, left: 2 },
          counts: { opened: 1, shown: 1 },
        },
        { send: answers(), verdict: 'slowPath held', metadata: { key, born: 1000e9, left: 1 }, counts: { shown: 1 } },
        { send: asks(), verdict: 'slowPath held', metadata: { key, born: 1000e9, left: 0 }, counts: { shown: 1 } },
        passes(asks(), { waiting: 1 }),
      ],
    },
    {
      title: `${name}: a flow that is silent for a minute is forgotten, and begins anew`,
      config: sniffing,
      steps: [opens(asks()), shown(asks()), after('62 s', opens(asks()))],
      finally: ({ undecided }) =>
        holds(
          'left',
          [2],
          [...undecided].map(([, { left }]) => left),
        ),
    },
    {
      title: `${name}: a flow that is not silent is not forgotten`,
      config: sniffing,
      steps: [opens(asks()), after('40 s', shown(answers())), after('40 s', shown(asks()))],
    },
    {
      title: `${name}: a verdict that found no room elsewhere holds all the same`,
      config: sniffing,
      given: ({ undecided }) =>
        undecided.set(key, { born: 1, left: 0, isClosing: false, application: 9, risks: 0n, riskPolicy: 0 }),
      steps: [passes(asks()), passes(answers())],
      finally: ({ carried }) => holds('packets', 2, carried.get(9)?.traffic.packets),
    },
  ];
});

const tcp = tcpSettings.flatMap((setting): readonly Case[] => {
  const { name } = setting;
  const { asks, answers, bare } = conversation(setting);
  const born: NonNullable<Case['finally']> = ({ undecided }) =>
    holds(
      'born',
      [1005e9],
      [...undecided].map(([, entry]) => entry.born),
    );
  return [
    {
      title: `${name}: an acknowledgement that carries nothing counts, but is shown only if it is the last`,
      config: sniffing,
      steps: [opens(bare('syn')), passes(bare(), { bare: 1 }), shown(bare()), passes(asks(), { waiting: 1 })],
    },
    {
      title: `${name}: FIN and RST are shown, whatever they carry`,
      config: sniffing,
      steps: [opens(bare('fin ack')), shown(bare('rst'))],
    },
    {
      title: `${name}: a flow may begin with an acknowledgement that carries nothing`,
      config: sniffing,
      steps: [passes(bare(), { opened: 1, bare: 1 }), shown(asks())],
    },
    {
      title: `${name}: a SYN that is sent again is a packet of the same flow`,
      config: sniffing,
      steps: [opens(asks('syn')), after('1 s', shown(asks('syn'))), shown(answers('syn ack'))],
    },
    {
      title: `${name}: a SYN behind FIN is another flow`,
      config: sniffing,
      steps: [opens(asks('syn')), shown(asks('fin ack')), after('5 s', opens(asks('syn')))],
      finally: born,
    },
    {
      title: `${name}: a SYN behind RST is another flow`,
      config: sniffing,
      steps: [opens(asks('syn')), shown(answers('rst ack')), after('5 s', opens(asks('syn')))],
      finally: born,
    },
  ];
});

export const undecided: readonly Case[] = [...all, ...tcp];
