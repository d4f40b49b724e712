// Backends that answer by themselves: direct return over the link, and through tunnels.
import { packetFromText, packetView } from '@twinpath/packet';
import {
  after,
  type Case,
  type Config,
  conversation,
  drops,
  goesTo,
  holds,
  oneBackend,
  packet,
  type Step,
  settings,
  slowPaths,
  tcpSettings,
} from './case.ts';

/** The frame with its datagram inside of another one. */
function inside(outer: string, frame: string): Uint8Array {
  const sent = packetFromText(frame);
  const ip = packetView(sent, { port: '', now: 0 }).ip();
  if (ip === undefined) throw new Error(`${frame} is no IP`);
  const tags = frame.match(/^(vlan \d+ \/ )*/)?.[0] ?? '';
  const at = 14 + 4 * (tags.split('/').length - 1);
  const hex = (from: number, to?: number) => Buffer.from(sent.subarray(from, to)).toString('hex');
  const trailer = hex(at + ip.length);
  const text = `${tags}${outer} protocol ${ip.version === 4 ? 4 : 41} / hex ${hex(at, at + ip.length)}`;
  return packetFromText(`${text}${trailer === '' ? '' : ` / trailer hex ${trailer}`} / unpadded`);
}

const SOURCES = { source4: '192.0.2.1', source6: '2001:db8::1' };

const direct = settings.flatMap((setting): readonly Case[] => {
  const { name, vip, backends } = setting;
  const [backend] = backends;
  const config = oneBackend(setting, { mode: 'direct', backends: [{ address: backend }] });
  const ends = conversation(setting);
  // Where there are no routes nobody is on the link: the slow path is asked to look, and the packet is as it came.
  const goes = (flags: string, counts: object) =>
    slowPaths(
      packet(setting, ends.client, ends.vip, flags),
      'unresolved',
      { address: backend },
      { unresolved: 1, ...counts },
    );
  return [
    {
      title: `direct, ${name}: packets go to the backend as they are, and nothing waits for answers`,
      config,
      steps: [goes('syn', { placed: 1 }), goes('ack', { known: 1 }), goes('ack', { known: 1, opened: 1 })],
      finally: ({ sessions, halfOpen }) => holds('entries', [1, 0], [sessions.size, halfOpen.size]),
    },
    {
      title: `direct, ${name}: an error about an answer goes to the backend`,
      config,
      steps: [
        goes('syn', { placed: 1 }),
        slowPaths(
          errorAbout(setting.isIp4, vip, packet(setting, ends.vip, ends.client)),
          'unresolved',
          { address: backend },
          { errors: 1, unresolved: 1 },
        ),
      ],
    },
  ];
});

/** From a router on the way. */
export function errorAbout(isIp4: boolean, to: string, quoted: string, message = 'unreachable code port'): string {
  return isIp4
    ? `ip 203.0.113.254 > ${to} / icmp ${message} about (${quoted})`
    : `ip 2001:db8:f::fe > ${to} / icmp6 ${message} about (${quoted})`;
}

const tunnels = settings.flatMap((setting): readonly Case[] => {
  const { name, vip, backends, isIp4 } = setting;
  const [backend] = backends;
  const config: Config = {
    ...oneBackend(setting, { mode: 'tunnel', backends: [{ address: backend }] }),
    tunnel: SOURCES,
  };
  const { client, ...ends } = conversation(setting);
  const asked = (flags: string, payload = '') => packet(setting, client, ends.vip, flags) + payload;
  const outer = `ip ${isIp4 ? SOURCES.source4 : SOURCES.source6} > ${backend}`;
  const goes = (flags: string, counts: Step['counts']): Step =>
    goesTo(asked(flags), inside(outer, asked(flags)), counts);
  const headers = (isIp4 ? 20 : 40) + (setting.protocol === 'tcp' ? 20 : 18);
  const fits = 1500 - (isIp4 ? 20 : 40);
  const sized = (length: number) => asked('ack', ` / zeros ${length - headers}`);
  const tooBig = { mtu: fits };
  return [
    {
      title: `tunnel, ${name}: packets go to the backend inside of another one, and nothing waits for answers`,
      config,
      steps: [
        goes('syn', { placed: 1 }),
        goes('ack', { known: 1 }),
        goes('ack', { known: 1, opened: 1 }),
        goes('ack', { known: 1 }),
      ],
      finally: ({ sessions, halfOpen }) => holds('entries', [1, 0], [sessions.size, halfOpen.size]),
    },
    {
      title: `tunnel, ${name}: an error about an answer goes to the backend through it`,
      config,
      steps: [
        goes('syn', { placed: 1 }),
        goesTo(
          errorAbout(isIp4, vip, packet(setting, ends.vip, client)),
          inside(outer, errorAbout(isIp4, vip, packet(setting, ends.vip, client))),
          { errors: 1 },
        ),
      ],
    },
    {
      title: `tunnel, ${name}: what just fits goes, and for what does not the sender is told (eLB 9: nobody was)`,
      config,
      steps: isIp4
        ? [
            goesTo(sized(fits), inside(outer, sized(fits)), { placed: 1 }),
            slowPaths(sized(fits + 1).replace(vip, `${vip} df`), 'tooBig', tooBig, { known: 1, tooBig: 1 }),
          ]
        : [
            goesTo(sized(fits), inside(outer, sized(fits)), { placed: 1 }),
            slowPaths(sized(fits + 1), 'tooBig', tooBig, { known: 1, tooBig: 1 }),
          ],
    },
    {
      title: `tunnel, ${name}: VLAN tags stay outside`,
      config,
      steps: [goesTo(`vlan 7 / ${asked('syn')}`, inside(outer, `vlan 7 / ${asked('syn')}`), { placed: 1 })],
    },
  ];
});

const half = tcpSettings.map((setting): Case => {
  const { client, vip } = conversation(setting);
  const config: Config = {
    ...oneBackend(setting, { mode: 'tunnel', backends: [{ address: setting.backends[0] }] }),
    tunnel: SOURCES,
  };
  const outer = `ip ${setting.isIp4 ? SOURCES.source4 : SOURCES.source6} > ${setting.backends[0]}`;
  const goes = (flags: string, counts: Step['counts']) => {
    const asked = packet(setting, client, vip, flags);
    return goesTo(asked, inside(outer, asked), counts);
  };
  return {
    title: `tunnel, ${setting.name}: a client's FIN leaves the flow half closed, its RST ends it`,
    config,
    steps: [
      goes('syn', { placed: 1 }),
      goes('ack', { known: 1 }),
      goes('ack', { known: 1, opened: 1 }),
      goes('fin ack', { known: 1 }),
      after('9 min', goes('ack', { known: 1 })),
      goes('rst', { known: 1 }),
    ],
    finally: ({ sessions }) =>
      holds(
        'state',
        ['closing'],
        [...sessions].map(([, { state }]) => state),
      ),
  };
});

const [tcp4] = tcpSettings;
const cut: readonly Case[] =
  tcp4 === undefined
    ? []
    : [
        {
          title: 'tunnel: IPv4 that may be cut is cut by the host, and nobody is told',
          config: {
            ...oneBackend(tcp4, { mode: 'tunnel', backends: [{ address: tcp4.backends[0] }] }),
            tunnel: { ...SOURCES, mtu: 1400 },
          },
          steps: [
            goesTo(
              `ip ${tcp4.client} > ${tcp4.vip} / tcp 40000 > 80 ack / zeros 1400`,
              inside(
                `ip 192.0.2.1 > ${tcp4.backends[0]}`,
                `ip ${tcp4.client} > ${tcp4.vip} / tcp 40000 > 80 ack / zeros 1400`,
              ),
              { placed: 1 },
            ),
          ],
        },
        {
          title: 'direct: a service without backends drops',
          config: oneBackend(tcp4, { mode: 'direct', backends: [] }),
          steps: [drops(`ip ${tcp4.client} > ${tcp4.vip} / tcp 40000 > 80 syn`, { noServer: 1 })],
        },
      ];

export const withoutAnswers: readonly Case[] = [...direct, ...tunnels, ...half, ...cut];
