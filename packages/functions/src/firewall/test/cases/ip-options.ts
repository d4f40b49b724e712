import { type Case, drops, leaving, passes } from './case.ts';

const options = [
  ['no operation', 'nop'],
  ['router alert', 'router-alert'],
  ['a loose source route', 'hex 83070400000000'],
  ['a strict source route', 'hex 89070400000000'],
  ['record route', `hex 072704${'00'.repeat(36)}`],
  ['an option that no one knows', 'hex 5e04ffff'],
] as const;

const withOptions = (bytes: string) => `ip 10.0.0.1 > 192.0.2.1 options ${bytes} / udp 5000 > 53 / "x"`;

export const ipOptions: readonly Case[] = [
  ...options.flatMap(([title, bytes]): readonly Case[] => [
    {
      title: `IPv4 with ${title} is dropped, whatever the rules say`,
      config: { otherwise: 'allow', rules: [{ action: 'allow' }] },
      steps: [drops(withOptions(bytes), { optioned: 1 }), leaving(drops(withOptions(bytes), { optioned: 1 }))],
    },
    {
      title: `IPv4 with ${title} is judged by the rules where options are inspected`,
      config: { options: 'inspect', rules: [{ action: 'allow', protocol: 'udp', port: 53 }] },
      steps: [
        passes(withOptions(bytes), { opened: 1 }),
        drops(withOptions(bytes).replace('> 53', '> 54'), { refused: 1 }),
      ],
    },
  ]),
  {
    title: 'options do not hide that a transport header is cut off',
    config: { options: 'inspect', otherwise: 'allow' },
    steps: [
      drops('ip 10.0.0.1 > 192.0.2.1 options nop length 31 / udp 5000 > 53', { unreadable: 1 }),
      passes('ip 10.0.0.1 > 192.0.2.1 options nop length 32 / udp 5000 > 53', { opened: 1 }),
    ],
  },
  {
    title: 'a header length that reaches beyond the frame is no IP, and neither is one of less than 20 bytes',
    config: { options: 'inspect', otherwise: 'allow' },
    steps: [
      drops('ip 10.0.0.1 > 192.0.2.1 ihl 15 length 40 / udp 5000 > 53 / zeros 12', { notIp: 1 }),
      ...[0, 1, 2, 3, 4].map((ihl) => drops(`ip 10.0.0.1 > 192.0.2.1 ihl ${ihl} / udp 5000 > 53`, { notIp: 1 })),
    ],
  },
];
