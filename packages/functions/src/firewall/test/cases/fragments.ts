import { type Case, type Config, drops, leaving, passes } from './case.ts';

const UDP53: Config['rules'] = [{ action: 'allow', protocol: 'udp', port: 53 }];
const v4 = 'ip 10.0.0.1 > 192.0.2.1';
const v6 = 'ip fd00::1 > 2001:db8::1';

const first4 = `${v4} fragment offset 0 more id 7 / udp 5000 > 53 / zeros 32`;
const later4 = `${v4} fragment offset 5 id 7 protocol udp / zeros 32`;
const middle4 = `${v4} fragment offset 5 more id 7 protocol udp / zeros 32`;
const first6 = `${v6} / ext fragment offset 0 more id 7 / udp 5000 > 53 / zeros 32`;
const later6 = `${v6} / ext fragment offset 5 id 7 next udp / zeros 32`;

const opened = { opened: 1 };
const fragments1 = { fragments: 1 };

export const fragments: readonly Case[] = [
  {
    title: 'first fragments are judged by the rules',
    config: { rules: UDP53 },
    steps: [
      passes(first4, opened),
      passes(first6, opened),
      drops(first4.replace('> 53', '> 54'), { refused: 1 }),
      drops(first6.replace('> 53', '> 54'), { refused: 1 }),
    ],
  },
  {
    title: 'later fragments are dropped, also of flows that are known',
    config: { rules: UDP53 },
    steps: [
      passes(first4, opened),
      drops(later4, fragments1),
      drops(middle4, fragments1),
      leaving(drops(later4, fragments1)),
      passes(first6, opened),
      drops(later6, fragments1),
      leaving(drops(later6, fragments1)),
    ],
  },
  {
    title: 'later fragments pass where that is said, without a flow',
    config: { laterFragments: 'allow' },
    steps: [
      passes(later4, fragments1),
      passes(middle4, fragments1),
      passes(later6, fragments1),
      drops(first4, { refused: 1 }),
    ],
    finally: ({ flows }) => {
      if (flows.size !== 0) throw new Error(`${flows.size} flows`);
    },
  },
  {
    title: 'what looks like a transport header in a later fragment is none',
    config: { otherwise: 'allow', laterFragments: 'drop' },
    steps: [
      drops(`${v4} fragment offset 1 id 7 / tcp 40000 > 80 syn`, fragments1),
      drops(`${v4} fragment offset 8191 more id 7 / tcp 40000 > 80 syn`, fragments1),
      drops(`${v6} / ext fragment offset 1 id 7 / tcp 40000 > 80 syn`, fragments1),
      drops(`${v6} / ext fragment offset 8191 more id 7 / tcp 40000 > 80 syn`, fragments1),
    ],
  },
  {
    title: 'a first fragment that ends within its transport header cannot be read (RFC 1858)',
    config: { otherwise: 'allow' },
    steps: [
      drops(`${v4} fragment offset 0 more id 7 protocol tcp / zeros 8`, { unreadable: 1 }),
      drops(`${v6} / ext fragment offset 0 more id 7 next tcp / zeros 8`, { unreadable: 1 }),
      drops(`${v4} fragment offset 0 more id 7 protocol udp / zeros 7`, { unreadable: 1 }),
    ],
  },
  {
    title: 'an atomic fragment is no fragment (RFC 6946)',
    config: { rules: UDP53 },
    steps: [
      passes(`${v6} / ext fragment offset 0 id 7 / udp 5000 > 53`, opened),
      drops(`${v6} / ext fragment offset 0 id 7 / udp 5000 > 54`, { refused: 1 }),
    ],
  },
  {
    title: 'behind the header of a later fragment nothing is read, not even what names itself an extension header',
    config: { otherwise: 'allow' },
    steps: [drops(`${v6} / ext fragment offset 9 id 7 next 0 / zeros 32`, fragments1)],
  },
  {
    title: 'first fragments of ICMP are judged as ICMP',
    config: { rules: [{ action: 'allow', protocol: 'icmp' }] },
    steps: [passes(`${v4} fragment offset 0 more id 7 / icmp echo-request id 5 sequence 1 / zeros 16`, opened)],
  },
];
