// The programs of the scenario `fast-path`, and the packets that are timed.

export interface Timed {
  readonly label: string;
  readonly packet: string;
  /** What the program changes for good is put back before each run. Otherwise a rewritten packet is rewritten back. */
  readonly restore?: Restore;
}
export interface Restore {
  /** Bytes at these offsets get the values that they have in the packet, in stores of these sizes. */
  readonly bytes: readonly (readonly [offset: number, size: 1 | 2 | 4 | 8])[];
  /** By how much the program moves the beginning of the packet; negative: it makes room. */
  readonly head?: number;
  /** So many flows, one behind the other: source ports of `sourcePort`, in IPv4 without options. A power of two; default: as it is. */
  readonly flows?: number;
}
export interface Measured {
  readonly name: string;
  /** Of these the time is the mean. Empty: the program cannot be written yet. */
  readonly timed: readonly Timed[];
  readonly skipped?: string;
}

const TCP = 'ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 ack / "abcdefgh"';
const UDP = 'ip 10.0.0.1 > 10.0.0.2 / udp 4000 > 80 / "abcdefgh"';
const TCP6 = 'ip 2001:db8::1 > 2001:db8::2 / tcp 4000 > 80 ack';
const SYN = (options: string) => `ip 10.0.0.1 > 10.0.0.2 / tcp 4000 > 80 syn options ${options}`;
/** Hop limit beside the protocol, and checksum. */
const HOPS: Restore = {
  bytes: [
    [22, 2],
    [24, 2],
  ],
};
const HOPS6: Restore = { bytes: [[20, 2]] };

const LINK: Restore = {
  bytes: [
    [0, 8],
    [8, 4],
    [12, 2],
  ],
};
const INNER = '45000020 00000000 40110000 0a000001 0a000002 0fa00050 000c0000 61626364';
const GTPU = `ip 192.0.2.9 > 192.0.2.1 / udp 2152 > 2152 / hex 34ff0000 00000007 00000085 01000900 ${INNER}`;

export const PROGRAMS: readonly Measured[] = [
  {
    name: 'parse',
    timed: [
      { label: 'TCP', packet: TCP },
      { label: 'UDP behind a tag', packet: `vlan 5 / ${UDP}` },
      { label: 'TCP, IPv6', packet: TCP6 },
    ],
  },
  {
    name: 'firewall',
    timed: [
      { label: 'open port', packet: TCP },
      { label: 'blocked subnet', packet: 'ip 192.0.2.7 > 10.0.0.2 / tcp 4000 > 80' },
      { label: 'open port, IPv6', packet: TCP6 },
    ],
  },
  {
    name: 'nat',
    timed: [
      { label: 'TCP', packet: TCP },
      { label: 'UDP', packet: UDP },
    ],
  },
  {
    name: 'balancer',
    timed: [
      { label: 'known TCP', packet: TCP },
      { label: 'known UDP', packet: UDP },
    ],
  },
  {
    name: 'dpi',
    timed: [
      { label: 'allowed', packet: TCP },
      { label: 'blocked', packet: UDP },
      { label: 'allowed, IPv6', packet: TCP6 },
    ],
  },
  {
    name: 'ipip',
    timed: [{ label: 'into a tunnel', packet: TCP, restore: { ...LINK, head: -20 } }],
  },
  {
    name: 'policer',
    timed: [{ label: 'within its rate', packet: TCP }],
  },
  {
    name: 'router',
    timed: [
      { label: 'IPv4', packet: TCP, restore: HOPS },
      { label: 'IPv6', packet: TCP6, restore: HOPS6 },
    ],
  },
  {
    name: 'tcp-options',
    timed: [
      { label: 'first of four', packet: SYN('mss 1460 sack-permitted timestamps 7 0 window-scale 7') },
      { label: 'last of four', packet: SYN('nop nop timestamps 7 0 nop window-scale 7 sack-permitted mss 1460') },
    ],
  },
  {
    name: 'extensions',
    timed: [
      { label: 'none', packet: TCP6 },
      { label: 'two', packet: 'ip 2001:db8::1 > 2001:db8::2 / ext hop-by-hop / ext destination / udp 4000 > 8080' },
    ],
  },
  {
    name: 'vlan',
    timed: [{ label: 'one tag', packet: `vlan 5 / ${TCP}` }],
  },
  {
    name: 'gtpu',
    timed: [
      {
        label: 'out of a tunnel',
        packet: GTPU,
        restore: { bytes: [...LINK.bytes, [44, 8], [52, 4], [56, 2]], head: 44 },
      },
    ],
  },
];
