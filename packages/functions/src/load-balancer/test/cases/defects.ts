// Where eVNF's eLB breaks (as published, 2019), by number: each is a case that it fails.
import { HALF_OPEN } from '../../sizes.ts';
import {
  BACKEND_PORT,
  type Case,
  conversation,
  goesTo,
  holds,
  oneBackend,
  PORT,
  packet,
  passes,
  type Setting,
  settings,
  tcpSettings,
} from './case.ts';

/** Entries of flows that nobody answers, more than the table holds. */
function flood(setting: Setting): NonNullable<Case['given']> {
  const { isIp4, vip, protocol, backends } = setting;
  return ({ halfOpen }) => {
    for (let index = 0; index < 2 * HALF_OPEN + 1000; index++) {
      const src = isIp4
        ? `100.64.${(index >> 8) & 255}.${index & 255}`
        : `2001:db8:bad::${(index >> 8).toString(16)}:${(index & 255).toString(16)}`;
      const key = { src, dst: vip, sport: 1024 + (index >> 16), dport: PORT, protocol };
      const way = { mode: 'nat', fromServer: false, server: 1, port: BACKEND_PORT, address: backends[0] } as const;
      halfOpen.set(key, { isAnswered: false, ...way });
    }
  };
}

/** With a payload of an odd number of bytes. */
const odd = (text: string) => `${text.replace(/ \/ "\d+"/, '')} / hex 00ff80`;

const forEach = settings.flatMap((setting): readonly Case[] => {
  const { name, client, vip, stranger, backends } = setting;
  const config = oneBackend(setting);
  const { opens, ...ends } = conversation(setting);
  return [
    {
      title: `eLB 1, ${name}: checksums are right though service and backend have no byte in common`,
      config,
      steps: [
        ...opens,
        goesTo(odd(packet(setting, ends.client, ends.vip)), odd(packet(setting, ends.client, ends.backend))),
      ],
    },
    {
      title: `eLB 3, ${name}: before there is a configuration everything passes, and nothing is remembered`,
      steps: [passes(packet(setting, [client, 40_000], [vip, PORT], 'syn'))],
      finally: ({ sessions, halfOpen }) => holds('entries', [0, 0], [sessions.size, halfOpen.size]),
    },
    {
      title: `eLB 5, ${name}: what passes from another server's port is left alone`,
      config,
      steps: [
        ...opens,
        passes(packet(setting, [stranger, PORT], [client, 40_000])),
        passes(packet(setting, [stranger, BACKEND_PORT], [client, 40_000])),
        passes(packet(setting, [backends[0], PORT], [client, 40_000])),
      ],
    },
    {
      title: `eLB 8, ${name}: the backend that is remembered is the one that got the packet`,
      config,
      steps: opens,
      finally: ({ sessions }) =>
        holds(
          'backend',
          [backends[0]],
          [...sessions].filter(([, { fromServer }]) => !fromServer).map(([, { address }]) => address),
        ),
    },
    {
      title: `eLB 9, ${name}: any port and protocol is served, at any port of the backend`,
      config: oneBackend(setting, { port: 5353, backends: [{ address: backends[0], port: 53 }] }),
      steps: [
        goesTo(
          packet(setting, [client, 40_000], [vip, 5353], 'syn'),
          packet(setting, [client, 40_000], [backends[0], 53], 'syn'),
          { placed: 1 },
        ),
      ],
    },
  ];
});

const floods = tcpSettings.map((setting): Case => {
  const { asks, answers } = conversation(setting);
  const { client, vip, backends, protocol } = setting;
  const there = { src: client, dst: vip, sport: 40_000, dport: PORT, protocol };
  const back = { src: backends[0], dst: client, sport: BACKEND_PORT, dport: 40_000, protocol };
  const of = { state: 'tcp', mode: 'nat', server: 1 } as const;
  return {
    title: `eLB 4, ${setting.name}: a flood that overfills the table moves no established flow, and new ones open`,
    config: oneBackend(setting),
    given(tables) {
      tables.sessions.set(there, { ...of, fromServer: false, port: BACKEND_PORT, address: backends[0] });
      tables.sessions.set(back, { ...of, fromServer: true, port: PORT, address: vip });
      flood(setting)(tables);
    },
    steps: [asks('ack'), answers('ack'), ...conversation(setting, 50_000).opens, asks('ack')],
  };
});

export const defects: readonly Case[] = [...forEach, ...floods];
