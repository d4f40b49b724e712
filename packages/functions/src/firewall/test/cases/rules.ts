import { type Case, drops, leaving, passes } from './case.ts';

const syn = (src: string, dst: string, port = 80) => `ip ${src} > ${dst} / tcp 40000 > ${port} syn`;
const opened = { opened: 1 };
const refused = { refused: 1 };

/** Which rule decides. */
export const rules: readonly Case[] = [
  {
    title: 'without configuration everything is dropped that is IP, both ways',
    steps: [
      drops(syn('10.0.0.2', '10.0.0.1'), refused),
      leaving(drops(syn('10.0.0.1', '10.0.0.2'), refused)),
      drops('ip fd00::2 > fd00::1 / udp 1 > 2', refused),
    ],
  },
  {
    title: 'the first rule that matches decides',
    config: {
      rules: [
        { action: 'drop', from: '198.51.100.64/26' },
        { action: 'allow', from: '198.51.100.0/24', protocol: 'tcp', port: 80 },
        { action: 'drop', from: '198.51.100.7/32' },
        { action: 'allow', from: '0.0.0.0/0', protocol: 'tcp', port: '8000-8999' },
      ],
    },
    steps: [
      drops(syn('198.51.100.65', '10.0.0.1'), refused),
      passes(syn('198.51.100.7', '10.0.0.1'), opened),
      drops(syn('198.51.100.7', '10.0.0.1', 8000), refused),
      passes(syn('198.51.100.8', '10.0.0.1', 8000), opened),
      passes(syn('198.51.100.8', '10.0.0.1', 8999), opened),
      drops(syn('198.51.100.8', '10.0.0.1', 7999), refused),
      drops(syn('198.51.100.8', '10.0.0.1', 9000), refused),
    ],
  },
  {
    title: 'a rule of one family says nothing of the other, and neither does one of all IPv6 of IPv4',
    config: {
      rules: [
        { action: 'allow', from: '0.0.0.0/0', port: 80, protocol: 'tcp' },
        { action: 'allow', to: '::/0', port: 81, protocol: 'tcp' },
      ],
    },
    steps: [
      passes(syn('198.51.100.7', '10.0.0.1', 80), opened),
      drops(syn('2001:db8::7', 'fd00::1', 80), refused),
      drops(syn('198.51.100.7', '10.0.0.1', 81), refused),
      passes(syn('2001:db8::7', 'fd00::1', 81), opened),
    ],
  },
  {
    title: 'IPv6 prefixes end where they say, also within a byte',
    config: { rules: [{ action: 'allow', from: '2001:db8:8000::/33', to: 'fd00::1/128' }] },
    steps: [
      passes(syn('2001:db8:8000::1', 'fd00::1'), opened),
      passes(syn('2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', 'fd00::1'), opened),
      drops(syn('2001:db8:7fff:ffff:ffff:ffff:ffff:ffff', 'fd00::1'), refused),
      drops(syn('2001:db8:8000::1', 'fd00::2'), refused),
    ],
  },
  {
    title: 'a rule of one direction says nothing of the other',
    config: { rules: [{ direction: 'out', action: 'allow' }] },
    steps: [
      drops(syn('198.51.100.7', '10.0.0.1'), refused),
      leaving(passes(syn('10.0.0.1', '198.51.100.7', 81), opened)),
    ],
  },
  {
    title: 'an IPv4 address mapped into IPv6 is another address',
    config: { rules: [{ action: 'allow', from: '198.51.100.0/24' }] },
    steps: [drops(syn('::ffff:198.51.100.7', '::ffff:10.0.0.1'), refused)],
  },
  {
    title: 'a thousand rules decide as one by one',
    config: {
      rules: Array.from({ length: 1000 }, (_, number) => ({
        action: number % 2 === 0 ? ('allow' as const) : ('drop' as const),
        from: `10.${number >> 8}.${number & 255}.0/24`,
        protocol: 'tcp' as const,
        port: 1000 + number,
      })),
    },
    steps: [
      passes(syn('10.0.0.9', '192.0.2.1', 1000), opened),
      drops(syn('10.0.0.9', '192.0.2.1', 1001), refused),
      passes(syn('10.3.230.9', '192.0.2.1', 1998), opened),
      drops(syn('10.3.231.9', '192.0.2.1', 1999), refused),
      drops(syn('10.3.232.9', '192.0.2.1', 2000), refused),
    ],
  },
];
