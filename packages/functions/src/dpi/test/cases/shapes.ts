// Whatever packets look like.
import {
  acting,
  after,
  type Case,
  carriedIs,
  conversation,
  decided,
  drops,
  holds,
  opens,
  passes,
  settings,
  shown,
  sniffing,
  VIDEO,
} from './case.ts';

const config = sniffing;
const [client, server] = ['198.51.100.5', '192.0.2.80'];
const [client6, server6] = ['2001:db8:c::5', '2001:db8::80'];

const vlans = settings.flatMap((setting): readonly Case[] => {
  const { name } = setting;
  const [plain, tagged, other] = [0, 5, 6].map((vlan) => conversation(setting, { vlan }));
  if (!plain || !tagged || !other) return [];
  return [
    {
      title: `${name}: flows of two VLANs are two`,
      config,
      steps: [opens(plain.asks()), opens(tagged.asks()), opens(other.answers()), shown(tagged.answers())],
      finally: ({ undecided }) => holds('VLANs', [0, 5, 6], [...undecided].map(([{ vlan }]) => vlan).toSorted()),
    },
    {
      title: `${name}: a verdict is that of its VLAN`,
      config: acting('drop').config,
      given(tables) {
        acting('drop').given(tables);
        decided(tables, tagged.key);
      },
      steps: [drops(tagged.asks()), opens(plain.asks()), opens(other.asks())],
    },
    {
      title: `${name}: of two tags the outer one counts`,
      config,
      given: (tables) => decided(tables, tagged.key),
      steps: [
        passes(tagged.asks().replace('vlan 5', 'vlan 5 / vlan 77')),
        opens(other.asks().replace('vlan 6', 'vlan 6 / vlan 5')),
      ],
      finally: carriedIs(1),
    },
  ];
});

const options = settings.flatMap((setting): readonly Case[] => {
  const { asks, answers, key } = conversation(setting);
  const is6 = setting.client.includes(':');
  const add = (packet: string) =>
    is6
      ? packet.replace(/^(ip \S+ > \S+)/, '$1 / ext hop-by-hop / ext destination')
      : packet.replace(/^(ip \S+ > \S+)/, '$1 options router-alert nop nop');
  return [
    {
      title: `${setting.name}: packets with options of IP are of the same flow`,
      config,
      steps: [opens(asks()), shown(add(answers())), shown(add(asks()))],
    },
    {
      title: `${setting.name}: packets with options of IP have the verdict of their flow`,
      config: acting('drop').config,
      given(tables) {
        acting('drop').given(tables);
        decided(tables, key);
      },
      steps: [drops(add(asks())), drops(add(answers()))],
    },
  ];
});

const first = (id: number) => `ip ${client} > ${server} fragment offset 0 more id ${id} / udp 40000 > 443 / zeros 32`;
const later = (id: number, more = '') =>
  `ip ${client} > ${server} fragment offset 5${more} id ${id} protocol udp / zeros 32`;
const fragmentFlow = conversation({ name: '', protocol: 'udp', client, server }).key;
const video: NonNullable<Case['given']> = (tables) => {
  acting('drop').given(tables);
  decided(tables, fragmentFlow);
};

const fragments: readonly Case[] = [
  {
    title: 'fragments behind the first count for its application',
    config,
    given: (tables) => decided(tables, fragmentFlow),
    steps: [passes(first(7)), passes(later(7, ' more'), { fragments: 1 }), passes(later(7), { fragments: 1 })],
    finally: carriedIs(3),
  },
  {
    title: 'fragments behind a first that is dropped are dropped',
    config: acting('drop').config,
    given: video,
    steps: [drops(first(7)), drops(later(7), { dropped: 1, fragments: 1 }), passes(later(8))],
  },
  {
    title: 'fragments of flows without a verdict pass, and are not shown',
    config,
    steps: [opens(first(7)), passes(later(7))],
  },
  {
    title: 'a name of fragments is forgotten after half a minute',
    config: acting('drop').config,
    given: video,
    steps: [drops(first(7)), after('32 s', passes(later(7)))],
  },
  {
    title: 'what looks like a transport header in a later fragment is none',
    config: acting('drop').config,
    given: video,
    steps: [passes(`ip ${client} > ${server} fragment offset 1 id 7 / udp 40000 > 443`)],
  },
  {
    title: 'the first fragment of IPv6 is of its flow, later ones pass',
    config,
    steps: [
      opens(`ip ${client6} > ${server6} / ext fragment offset 0 more id 9 / udp 40000 > 443 / zeros 32`),
      passes(`ip ${client6} > ${server6} / ext fragment offset 5 id 9 next udp / zeros 32`),
    ],
  },
];

const protocols: readonly Case[] = [
  {
    title: 'what leaves is of the same flow as what enters',
    config,
    steps: [
      opens(`ip ${client} > ${server} / tcp 40000 > 443 syn`),
      { ...shown(`ip ${server} > ${client} / tcp 443 > 40000 syn ack`), direction: 'egress' },
      shown(`ip ${client} > ${server} / tcp 40000 > 443 ack`),
    ],
  },
  {
    title: 'an echo request and its reply are one flow, by their identifier',
    config,
    steps: [
      opens(`ip ${client} > ${server} / icmp echo-request id 7 sequence 1`),
      shown(`ip ${server} > ${client} / icmp echo-reply id 7 sequence 1`),
      opens(`ip ${client} > ${server} / icmp echo-request id 8 sequence 1`),
    ],
  },
  {
    title: 'so are those of IPv6',
    config,
    steps: [
      opens(`ip ${client6} > ${server6} / icmp6 echo-request id 7 sequence 1`),
      shown(`ip ${server6} > ${client6} / icmp6 echo-reply id 7 sequence 1`),
    ],
  },
  {
    title: 'ICMP errors are a flow of their own, not the one that they are about',
    config: acting('drop').config,
    given: video,
    steps: [
      drops(`ip ${client} > ${server} / udp 40000 > 443 / "x"`),
      opens(`ip ${server} > ${client} / icmp unreachable about (ip ${client} > ${server} / udp 40000 > 443)`),
    ],
  },
  {
    title: 'protocols without ports are flows between addresses',
    config,
    steps: [
      opens(`ip ${client} > ${server} protocol gre / zeros 20`),
      shown(`ip ${server} > ${client} protocol gre / zeros 20`),
      opens(`ip ${client} > ${server} protocol esp / zeros 20`),
    ],
  },
  {
    title: 'TCP and UDP between the same ports are two flows (DS-nDPI had no protocol in its key)',
    config: acting('drop').config,
    given: video,
    steps: [
      drops(`ip ${client} > ${server} / udp 40000 > 443 / "x"`),
      opens(`ip ${client} > ${server} / tcp 40000 > 443 syn`),
    ],
  },
  {
    title: 'SCTP has ports',
    config,
    steps: [
      opens(`ip ${client} > ${server} / sctp 5000 > 36412`),
      shown(`ip ${server} > ${client} / sctp 36412 > 5000`),
      opens(`ip ${client} > ${server} / sctp 5001 > 36412`),
    ],
  },
  {
    title: 'what is not IP passes',
    config,
    steps: [passes(`arp who-has ${server} tell ${client}`), passes('eth type 0x88cc / zeros 40')],
    finally: ({ undecided }) => holds('flows', 0, undecided.size),
  },
  {
    title: 'what is cut off passes, and is nobody’s',
    config,
    steps: [
      passes(`ip ${client} > ${server} / tcp 40000 > 443 syn / unpadded / cut 40`),
      passes(`ip ${client} > ${server} ihl 4 / udp 40000 > 443 / "x"`),
    ],
    finally: ({ undecided }) => holds('flows', 0, undecided.size),
  },
  {
    title: 'a TCP header that contradicts itself has ports, and so a flow',
    config,
    steps: [opens(`ip ${client} > ${server} / tcp 40000 > 443 syn data-offset 4`)],
  },
  {
    title: 'both ends may have the same address and the same port',
    config,
    given: (tables) =>
      decided(tables, { src: client, dst: client, sport: 500, dport: 500, protocol: 'udp', vlan: 0 }, VIDEO),
    steps: [
      passes(`ip ${client} > ${client} / udp 500 > 500 / "x"`),
      opens(`ip ${client} > ${client} / udp 501 > 500 / "x"`),
    ],
    finally: carriedIs(1),
  },
];

export const shapes: readonly Case[] = [...vlans, ...options, ...fragments, ...protocols];
