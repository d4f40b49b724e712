import { type Case, type Config, drops, leaving, passes } from './case.ts';

const TCP80: Config = { rules: [{ action: 'allow', protocol: 'tcp', port: 80 }] };
const ip = 'ip fd00::1 > 2001:db8::1';
const tcp = 'tcp 40000 > 80 syn';
const other = 'tcp 40000 > 81 syn';
const optioned = { optioned: 1 };

const chains = {
  'hop-by-hop options': 'ext hop-by-hop',
  'destination options': 'ext destination',
  'a routing header': 'ext routing type 0 left 1 via 2001:db8::9',
  'a segment routing header': 'ext routing type 4 left 1 via 2001:db8::9 via 2001:db8::a',
  'hop-by-hop, destination and routing headers': 'ext hop-by-hop hex 0104000000000502 / ext destination / ext routing',
} as const;

export const extensions: readonly Case[] = [
  ...Object.entries(chains).flatMap(([title, chain]): readonly Case[] => [
    {
      title: `IPv6 with ${title} is dropped, whatever the rules say`,
      config: { otherwise: 'allow', rules: [{ action: 'allow' }] },
      steps: [drops(`${ip} / ${chain} / ${tcp}`, optioned), leaving(drops(`${ip} / ${chain} / ${tcp}`, optioned))],
    },
    {
      title: `rules see through ${title} where options are inspected`,
      config: { ...TCP80, options: 'inspect' },
      steps: [
        passes(`${ip} / ${chain} / ${tcp}`, { opened: 1 }),
        drops(`${ip} / ${chain} / ${other}`, { refused: 1 }),
        passes(`${ip} / ${tcp}`, { known: 1 }),
      ],
    },
  ]),
  {
    title:
      'rules see through an authentication header, a mobility header and an atomic fragment without inspecting options',
    config: TCP80,
    steps: [
      passes(`${ip} / ext ah / ${tcp}`, { opened: 1 }),
      passes(`${ip} / ext ah hex 0102030405060708090a0b0c / ${tcp}`, { known: 1 }),
      passes(`${ip} / ext mobility / ${tcp}`, { known: 1 }),
      passes(`${ip} / ext ah / ext fragment id 5 / ext ah / ${tcp}`, { known: 1 }),
      drops(`${ip} / ext ah / ext fragment id 5 / ext ah / ${other}`, { refused: 1 }),
    ],
  },
  {
    title: 'six extension headers are walked, a seventh is not',
    config: { ...TCP80, options: 'inspect' },
    steps: [
      passes(`${ip} / ${'ext destination / '.repeat(6)}${tcp}`, { opened: 1 }),
      drops(`${ip} / ${'ext destination / '.repeat(6)}${other}`, { refused: 1 }),
      drops(`${ip} / ${'ext destination / '.repeat(7)}${tcp}`, { unreadable: 1 }),
      drops(`${ip} / ${'ext ah / '.repeat(7)}${tcp}`, { unreadable: 1 }),
    ],
  },
  {
    title: 'a seventh extension header hides nothing behind flows that are known, and options among six are seen',
    config: { otherwise: 'allow' },
    steps: [
      passes(`${ip} / ${tcp}`, { opened: 1 }),
      drops(`${ip} / ${'ext ah / '.repeat(7)}${tcp}`, { unreadable: 1 }),
      drops(`${ip} / ${'ext ah / '.repeat(5)}ext destination / ${tcp}`, optioned),
      drops(`${ip} / ${'ext ah / '.repeat(6)}ext destination / ${tcp}`, { unreadable: 1 }),
    ],
  },
  {
    title: 'an extension header that reaches beyond the datagram cannot be walked',
    config: { otherwise: 'allow', options: 'inspect' },
    steps: [
      drops(`${ip} / ext destination length 255 / ${tcp}`, { unreadable: 1 }),
      drops(`${ip} / ext ah length 255 / ${tcp}`, { unreadable: 1 }),
      drops(`${ip} length 47 / ext hop-by-hop / ${tcp}`, { unreadable: 1 }),
      drops(`${ip} length 48 / ext hop-by-hop / ${tcp}`, { unreadable: 1 }),
    ],
  },
  {
    title: 'the longest extension headers are walked',
    config: { ...TCP80, options: 'inspect' },
    steps: [
      passes(`${ip} / ext destination hex ${'00'.repeat(2046)} / ${tcp}`, { opened: 1 }),
      drops(`${ip} / ext destination hex ${'00'.repeat(1022)} / ext ah hex ${'00'.repeat(1012)} / ${other}`, {
        refused: 1,
      }),
    ],
  },
  {
    title: 'IPv6 without a next header is a protocol like others',
    config: { rules: [{ action: 'allow', from: 'fd00::/8' }] },
    steps: [passes(`${ip} protocol 59`, { opened: 1 }), drops('ip fe80::1 > fe80::2 protocol 59', { refused: 1 })],
  },
];
