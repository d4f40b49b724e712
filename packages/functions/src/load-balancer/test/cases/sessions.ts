import {
  after,
  BACKEND_PORT,
  type Case,
  CLIENT_PORT,
  conversation,
  drops,
  holds,
  oneBackend,
  PORT,
  packet,
  passes,
  type Setting,
  settings,
  tcpSettings,
} from './case.ts';

const states = (wanted: readonly string[]): NonNullable<Case['finally']> => {
  return ({ sessions }) => holds('states', wanted, [...sessions].map(([, { state }]) => state).toSorted());
};

const tcp = tcpSettings.flatMap((setting): readonly Case[] => {
  const { name } = setting;
  const config = oneBackend(setting);
  const { asks, answers, opens, ...ends } = conversation(setting);
  const late = packet(setting, ends.backend, ends.client, 'ack');
  return [
    {
      title: `${name}: a flow is open when the client has heard the answer`,
      config,
      steps: opens,
      finally: states(['tcp', 'tcp']),
    },
    {
      title: `${name}: retransmitted first packets and answers go the same way, and open nothing`,
      config,
      steps: [asks('syn', { placed: 1 }), asks('syn'), answers('syn ack'), answers('syn ack'), asks('syn')],
      finally: states([]),
    },
    {
      title: `${name}: what the client sends before an answer opens nothing`,
      config,
      steps: [asks('syn', { placed: 1 }), asks('ack'), asks('ack'), asks('psh ack')],
      finally: states([]),
    },
    {
      title: `${name}: a refusal opens nothing`,
      config,
      steps: [asks('syn', { placed: 1 }), answers('rst ack'), asks('ack')],
      finally: states([]),
    },
    {
      title: `${name}: a flow that is not open is forgotten after a minute`,
      config,
      steps: [asks('syn', { placed: 1 }), after('61 s', passes(packet(setting, ends.backend, ends.client, 'syn ack')))],
    },
    {
      title: `${name}: an open flow is known for two hours`,
      config,
      steps: [...opens, after('7199 s', answers('ack')), asks('ack'), after('7199 s', asks('ack'))],
    },
    {
      title: `${name}: an open flow is forgotten after two hours`,
      config,
      steps: [...opens, answers('ack'), after('7202 s', passes(late))],
      finally: states([]),
    },
    {
      title: `${name}: with one FIN the flow is half closed, and data come for minutes (eLB 4: it was forgotten)`,
      config,
      steps: [...opens, asks('fin ack'), after('9 min', answers('ack')), after('9 min', answers('psh ack'))],
      // The client's direction is silent all the time.
      finally: ({ sessions }) => holds('sessions', true, sessions.size >= 1),
    },
    {
      title: `${name}: a FIN that is sent again is one end's`,
      config,
      steps: [...opens, asks('fin ack'), asks('fin ack'), asks('fin ack'), answers('ack')],
      finally: states(['half-closed', 'tcp']),
    },
    {
      title: `${name}: with both FINs it is closing, and known for ten seconds`,
      config,
      steps: [...opens, asks('fin ack'), answers('fin ack'), asks('ack'), after('9 s', asks('ack'))],
      finally: ({ sessions }) =>
        holds(
          'closing',
          true,
          [...sessions].every(([, { state }]) => state === 'closing'),
        ),
    },
    {
      title: `${name}: with both FINs it is forgotten after ten seconds`,
      config,
      steps: [...opens, answers('fin ack'), asks('fin ack'), answers('ack'), after('12 s', passes(late))],
      finally: states([]),
    },
    {
      title: `${name}: RST of the client closes both directions`,
      config,
      steps: [...opens, asks('rst')],
      finally: states(['closing', 'closing']),
    },
    {
      title: `${name}: RST of the server closes both directions (eLB 4: it was ignored)`,
      config,
      steps: [...opens, answers('rst ack')],
      finally: states(['closing', 'closing']),
    },
    {
      title: `${name}: a port that is used again opens a new flow`,
      config,
      steps: [
        ...opens,
        asks('fin ack'),
        answers('fin ack'),
        asks('ack'),
        asks('syn', { placed: 1 }),
        answers('syn ack'),
        asks('ack', { known: 1, opened: 1 }),
      ],
      finally: states(['tcp', 'tcp']),
    },
    {
      title: `${name}: what is left of a flow that is over does not end the next one of its port`,
      config,
      given({ sessions }) {
        const { backends, client, vip, protocol } = setting;
        const back = { src: backends[0], dst: client, sport: BACKEND_PORT, dport: CLIENT_PORT, protocol };
        sessions.set(back, { state: 'closing', mode: 'nat', server: 1, fromServer: true, address: vip, port: PORT });
      },
      steps: opens,
      finally: states(['tcp', 'tcp']),
    },
    {
      title: `${name}: a SYN within an open flow changes nothing`,
      config,
      steps: [...opens, asks('syn'), answers('ack')],
      finally: states(['tcp', 'tcp']),
    },
    {
      title: `${name}: the connections of a backend are counted, there and back`,
      config,
      steps: [...opens, ...conversation(setting, 40_001).opens, ...conversation(setting, 40_002).opens, asks('rst')],
      finally: ({ active }) => holds('flows', 2, active.get(1)?.flows),
    },
    {
      title: `${name}: flows of a backend that is down are placed anew`,
      config: oneBackend(setting),
      given({ servers, sessions }) {
        const gone = { address: setting.backends[1], port: BACKEND_PORT, share: 0, factor: 1000 };
        const of = { address: setting.vip, port: PORT, protocol: setting.protocol };
        servers.set(2, { ...gone, of, state: 'down' });
        const { client, vip, protocol } = setting;
        const way = { state: 'tcp', mode: 'nat', server: 2 } as const;
        const [there, back] = [
          { src: client, dst: vip, sport: CLIENT_PORT, dport: PORT, protocol },
          { src: gone.address, dst: client, sport: BACKEND_PORT, dport: CLIENT_PORT, protocol },
        ];
        sessions.set(there, { ...way, fromServer: false, address: gone.address, port: BACKEND_PORT });
        sessions.set(back, { ...way, fromServer: true, address: vip, port: PORT });
      },
      steps: [asks('ack', { placed: 1 }), answers('ack'), asks('ack', { known: 1, opened: 1 })],
      finally: states(['tcp', 'tcp']),
    },
    {
      title: `${name}: packets and bytes of a backend are counted`,
      config,
      steps: opens,
      finally: ({ carried }) => holds('packets', 3, carried.get(1)?.traffic.packets),
    },
  ];
});

const udp = settings
  .filter(({ protocol }) => protocol === 'udp')
  .flatMap((setting: Setting): readonly Case[] => {
    const { name } = setting;
    const config = oneBackend(setting);
    const { asks, answers, opens, ...ends } = conversation(setting);
    return [
      {
        title: `${name}: a flow is open when both have spoken twice`,
        config,
        steps: opens,
        finally: states(['udp', 'udp']),
      },
      {
        title: `${name}: a flow is known for three minutes`,
        config,
        steps: [...opens, after('179 s', answers('')), after('179 s', asks(''))],
      },
      {
        title: `${name}: a flow is forgotten after three minutes`,
        config,
        steps: [...opens, answers(''), after('183 s', passes(packet(setting, ends.backend, ends.client)))],
      },
      {
        title: `${name}: a stream of one direction keeps the other one`,
        config,
        steps: [...opens, ...Array.from({ length: 4 }, () => after('2 min', asks(''))), answers('')],
        finally: states(['udp', 'udp']),
      },
      {
        title: `${name}: one question and its answer open nothing`,
        config,
        steps: [asks('', { placed: 1 }), answers('')],
        finally: states([]),
      },
    ];
  });

const [first] = tcpSettings;
const full = first && {
  config: oneBackend(first),
  ...conversation(first),
};

export const sessions: readonly Case[] = [
  ...tcp,
  ...udp,
  ...(full
    ? [
        {
          title: 'without a service nothing is known',
          config: {},
          steps: [passes(packet({ protocol: 'tcp' }, full.client, full.vip, 'syn'))],
        },
        {
          title: 'without a backend new flows are dropped',
          config: oneBackend(first, { backends: [] }),
          steps: [drops(packet({ protocol: 'tcp' }, full.client, full.vip, 'syn'), { noServer: 1 })],
        },
      ]
    : []),
];
