// Packets cut short at every length: some with lengths in their headers that no longer hold, some that claim only what is there.
import { type Case, type Config, drops, leaving, passes, type Step } from './case.ts';

const ALLOW: Config = { otherwise: 'allow', rules: [] };
/** Shorter frames than an Ethernet header do not come in. */
const SHORTEST = 14;

const lengths = (from: number, behind: number) => Array.from({ length: behind - from }, (_, index) => from + index);

interface Whole {
  readonly title: string;
  readonly packet: string;
  /** Bytes of the frame. */
  readonly size: number;
  /** A tc test run takes no shorter frame of this kind. */
  readonly shortestLeaving: number;
}

/** The datagram claims to be longer than the frame: it is none. */
function cut({ title, packet, size, shortestLeaving }: Whole): Case {
  const shorter = (from: number) =>
    lengths(from, size).map((length): Step => drops(`${packet} / cut ${length}`, { notIp: 1 }));
  return {
    title: `${title}, cut at every length, is dropped until it is whole`,
    config: ALLOW,
    steps: [
      ...shorter(SHORTEST),
      ...shorter(shortestLeaving).map(leaving),
      passes(`${packet} / unpadded`, { opened: 1 }),
      leaving(passes(`${packet} / unpadded`, { known: 1 })),
    ],
  };
}

const cutFrames: readonly Whole[] = [
  {
    title: 'TCP over IPv4',
    packet: 'ip 10.0.0.1 > 192.0.2.1 / tcp 40000 > 80 syn options mss 1460',
    size: 58,
    shortestLeaving: 34,
  },
  {
    title: 'UDP over IPv6',
    packet: 'ip fd00::1 > 2001:db8::1 / udp 5000 > 53 / "data"',
    size: 66,
    shortestLeaving: 54,
  },
  {
    title: 'TCP over IPv4 behind two VLAN tags',
    packet: 'vlan 5 / vlan 6 / ip 10.0.0.1 > 192.0.2.1 / tcp 40000 > 80 syn',
    size: 62,
    shortestLeaving: 15,
  },
  {
    title: 'UDP over IPv6 behind a VLAN tag and three extension headers',
    packet: 'vlan 5 / ip fd00::1 > 2001:db8::1 / ext ah hex 01020304 / ext fragment id 3 / ext ah / udp 1 > 2',
    size: 102,
    shortestLeaving: 15,
  },
];

/** Headers whose lengths hold, of datagrams that end within the next header. */
const claims: readonly Case[] = [
  {
    title: 'TCP over IPv4 that ends within its header cannot be read',
    config: ALLOW,
    steps: [
      ...lengths(20, 40).map((length) =>
        drops(`ip 10.0.0.1 > 192.0.2.1 length ${length} / tcp 40000 > 80 syn / cut ${14 + length}`, { unreadable: 1 }),
      ),
      // The same, with the rest of the header as padding behind the datagram.
      ...lengths(20, 40).map((length) =>
        drops(`ip 10.0.0.1 > 192.0.2.1 length ${length} / tcp 40000 > 80 syn`, { unreadable: 1 }),
      ),
      passes('ip 10.0.0.1 > 192.0.2.1 length 40 / tcp 40000 > 80 syn', { opened: 1 }),
    ],
  },
  {
    title: 'UDP over IPv6 that ends within its header cannot be read',
    config: ALLOW,
    steps: [
      ...lengths(0, 8).map((length) =>
        drops(`ip fd00::1 > fd00::2 length ${40 + length} / udp 1 > 2 / cut ${54 + length}`, { unreadable: 1 }),
      ),
      passes('ip fd00::1 > fd00::2 length 48 / udp 1 > 2 / unpadded', { opened: 1 }),
    ],
  },
  {
    title: 'IPv4 that claims less than its own header is no IP',
    config: ALLOW,
    steps: lengths(0, 20).map((length) =>
      drops(`ip 10.0.0.1 > 192.0.2.1 length ${length} / tcp 40000 > 80 syn`, { notIp: 1 }),
    ),
  },
  {
    title: 'ICMP that ends within its header cannot be read, and an error that quotes too little is about nothing',
    config: ALLOW,
    steps: [
      ...lengths(20, 28).map((length) =>
        drops(`ip 192.0.2.9 > 10.0.0.1 length ${length} / icmp unreachable code port / cut ${14 + length}`, {
          unreadable: 1,
        }),
      ),
      ...lengths(28, 56).map(
        (length, index): Step =>
          passes(
            `ip 192.0.2.9 > 10.0.0.1 length ${length} / icmp unreachable code port about (ip 10.0.0.1 > 192.0.2.1 / udp 5000 > 53) / cut ${14 + length}`,
            index === 0 ? { opened: 1 } : { known: 1 },
          ),
      ),
      drops('ip 192.0.2.9 > 10.0.0.1 / icmp unreachable code port about (ip 10.0.0.1 > 192.0.2.1 / udp 5000 > 53)', {
        refused: 1,
      }),
    ],
  },
];

export const truncated: readonly Case[] = [...cutFrames.map(cut), ...claims];
