// What is wrong with the prototype of the eVNF paper (eDPI) and with DS-nDPI of 2017, by the numbers of the list of their defects, as
// far as the fast path is concerned.
import { UNDECIDED_FLOWS } from '../../sizes.ts';
import {
  acting,
  after,
  type Case,
  carriedIs,
  conversation,
  decided,
  drops,
  holding,
  holds,
  OTHER,
  opens,
  passes,
  settings,
  shown,
  sniffing,
  tcpSettings,
  VIDEO,
} from './case.ts';

const all = settings.flatMap((setting): readonly Case[] => {
  const { name } = setting;
  const { asks, answers, key } = conversation(setting);
  const dropping = acting('drop');
  return [
    {
      title: `eDPI 1, ${name}: the other direction of a flow with a verdict is forwarded too`,
      config: { ...acting('allow').config },
      given: (tables) => decided(tables, key),
      steps: [passes(answers()), passes(asks()), passes(answers())],
      finally: carriedIs(3),
    },
    {
      title: `eDPI 1, ${name}: what has no verdict and is not shown any more is forwarded`,
      config: holding,
      given: ({ undecided }) =>
        undecided.set(key, { born: 1, left: 0, isClosing: false, application: 0, risks: 0n, riskPolicy: 0 }),
      steps: [passes(asks(), { waiting: 1 }), passes(answers(), { waiting: 1 })],
    },
    {
      title: `eDPI 2, ${name}: a flow that classifiers see no more is not idle`,
      config: sniffing,
      given: (tables) => decided(tables, key),
      steps: [...Array.from({ length: 6 }, () => after('100 s', passes(asks())))],
      finally: carriedIs(6),
    },
    {
      title: `eDPI 4, ${name}: packets of flows that were taken off the classifiers are counted, for their application`,
      config: sniffing,
      given: (tables) => decided(tables, key, OTHER),
      steps: [passes(asks()), passes(answers())],
      finally({ carried }) {
        holds(
          'packets',
          [0, 2],
          [VIDEO, OTHER].map((number) => carried.get(number)?.traffic.packets),
        );
      },
    },
    {
      title: `eDPI 4, ${name}: what is done depends on the application`,
      config: dropping.config,
      given(tables) {
        dropping.given(tables);
        decided(tables, key, VIDEO);
        decided(tables, conversation(setting, { sport: 1 }).key, OTHER);
      },
      steps: [drops(asks()), passes(conversation(setting, { sport: 1 }).asks())],
    },
    {
      title: `eDPI 7, ${name}: packets are looked up by the very bytes that the slow path has entered, in both directions`,
      config: sniffing,
      given(tables) {
        decided(tables, key);
        tables.flows.update(key, { risks: 1n << 63n });
      },
      steps: [passes(asks()), passes(answers())],
      finally: ({ flows }) =>
        holds(
          'risks',
          [String(1n << 63n)],
          [...flows].map(([, { risks }]) => String(risks)),
        ),
    },
    {
      title: `eDPI 8, ${name}: the flow is looked for first, and nothing is sent up for one that has a verdict`,
      config: holding,
      given: (tables) => decided(tables, key),
      steps: [passes(asks()), passes(answers())],
    },
  ];
});

const ports = tcpSettings.flatMap((setting): readonly Case[] => {
  const { asks, answers, key } = conversation(setting);
  const ends = ['fin ack', 'rst'].map((flags): Case => {
    return {
      title: `eDPI 3, ${setting.name}: behind ${flags} a port that is used again has no verdict`,
      config: sniffing,
      given: (tables) => decided(tables, key),
      steps: [
        passes(asks(flags)),
        passes(asks('syn'), { restarted: 1, opened: 1, shown: 1 }),
        shown(answers('syn ack')),
      ],
      finally: ({ flows }) => holds('flows', 0, flows.size),
    };
  });
  return [
    ...ends,
    {
      title: `eDPI 3, ${setting.name}: nor where the end was not seen`,
      config: sniffing,
      given: (tables) => decided(tables, key),
      steps: [passes(asks('syn'), { restarted: 1, opened: 1, shown: 1 })],
      finally: ({ flows }) => holds('flows', 0, flows.size),
    },
  ];
});

const [one] = tcpSettings;
const flood: readonly Case[] = one
  ? [
      {
        title: 'eDPI 2: a flood that overfills the table of undecided flows pushes out no verdict',
        config: sniffing,
        given(tables) {
          decided(tables, conversation(one).key);
          for (let index = 0; index < UNDECIDED_FLOWS + 1000; index++) {
            const src = `100.64.${(index >> 8) & 255}.${index & 255}`;
            const key = {
              src,
              dst: one.server,
              sport: 1024 + (index >> 16),
              dport: 443,
              protocol: 'tcp',
              vlan: 0,
            } as const;
            tables.undecided.set(key, { born: 1, left: 1, isClosing: false, application: 0, risks: 0n, riskPolicy: 0 });
          }
        },
        steps: [passes(conversation(one).asks()), opens(conversation(one, { sport: 7 }).asks('syn'))],
        finally: carriedIs(1),
      },
    ]
  : [];

export const defects: readonly Case[] = [...all, ...ports, ...flood];
