// Every protocol over both families, decided in every way.
import { type Case, drops, passes, type Step } from './case.ts';

interface Sample {
  readonly title: string;
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'icmp6' | 'sctp' | 'gre';
  readonly packet: string;
  readonly flow: Readonly<Record<string, unknown>>;
}

const v4 = { src: '198.51.100.7', dst: '10.0.0.1' };
const v6 = { src: '2001:db8::7', dst: 'fd00::1' };
const ip = ({ src, dst }: typeof v4) => `ip ${src} > ${dst}`;
const ports = { sport: 40_000, dport: 80 };

const samples: readonly Sample[] = [
  { title: 'TCP over IPv4', protocol: 'tcp', packet: `${ip(v4)} / tcp 40000 > 80 syn`, flow: { ...v4, ...ports } },
  { title: 'TCP over IPv6', protocol: 'tcp', packet: `${ip(v6)} / tcp 40000 > 80 syn`, flow: { ...v6, ...ports } },
  { title: 'UDP over IPv4', protocol: 'udp', packet: `${ip(v4)} / udp 40000 > 80 / "x"`, flow: { ...v4, ...ports } },
  { title: 'UDP over IPv6', protocol: 'udp', packet: `${ip(v6)} / udp 40000 > 80 / "x"`, flow: { ...v6, ...ports } },
  { title: 'SCTP over IPv4', protocol: 'sctp', packet: `${ip(v4)} / sctp 40000 > 80 / "x"`, flow: { ...v4, ...ports } },
  { title: 'SCTP over IPv6', protocol: 'sctp', packet: `${ip(v6)} / sctp 40000 > 80 / "x"`, flow: { ...v6, ...ports } },
  {
    title: 'ICMP over IPv4',
    protocol: 'icmp',
    packet: `${ip(v4)} / icmp echo-request id 9 sequence 1`,
    flow: { ...v4, sport: 9, dport: 9 },
  },
  {
    title: 'ICMPv6',
    protocol: 'icmp6',
    packet: `${ip(v6)} / icmp6 echo-request id 9 sequence 1`,
    flow: { ...v6, sport: 9, dport: 9 },
  },
  {
    title: 'GRE over IPv4',
    protocol: 'gre',
    packet: `${ip(v4)} protocol gre / hex 0000080001020304`,
    flow: { ...v4, sport: 0, dport: 0 },
  },
  {
    title: 'GRE over IPv6',
    protocol: 'gre',
    packet: `${ip(v6)} protocol gre / hex 0000080001020304`,
    flow: { ...v6, sport: 0, dport: 0 },
  },
];

const other = (protocol: Sample['protocol']) => (protocol === 'udp' ? 'tcp' : 'udp');

function casesOf({ title, protocol, packet, flow }: Sample): readonly Case[] {
  const asks: Step = {
    send: packet,
    verdict: 'slowPath undecided',
    metadata: { flow: { ...flow, protocol }, direction: 'in' },
    counts: { asked: 1 },
  };
  const stacks: Step = { send: packet, verdict: 'stack' };
  const [allow, drop] = [{ action: 'allow', protocol } as const, { action: 'drop', protocol } as const];
  return [
    { title: `${title} is let in by a rule`, config: { rules: [allow] }, steps: [passes(packet, { opened: 1 })] },
    {
      title: `${title} is dropped by a rule, each time`,
      config: { otherwise: 'allow', rules: [drop] },
      steps: [drops(packet, { refused: 1 }), drops(packet, { refused: 1 })],
    },
    {
      title: `${title} is asked about where a rule has a condition`,
      config: { otherwise: 'allow', rules: [{ ...drop, when: {} }, allow] },
      steps: [asks, asks],
    },
    {
      title: `${title} does what is said for the rest where rules are of another protocol`,
      config: { otherwise: 'drop', rules: [{ action: 'allow', protocol: other(protocol) }] },
      steps: [drops(packet, { refused: 1 })],
    },
    {
      title: `${title} passes without a rule, and is then known`,
      config: { otherwise: 'allow' },
      steps: [passes(packet, { opened: 1 }), passes(packet, { known: 1 })],
    },
    {
      title: `${title} is left to the host where that is said for the rest, and no flow is kept`,
      config: { otherwise: 'offload' },
      steps: [stacks, stacks],
      finally: ({ opening, flows }) => {
        if (opening.size + flows.size !== 0) throw new Error(`${opening.size + flows.size} flows`);
      },
    },
  ];
}

export const protocols: readonly Case[] = samples.flatMap(casesOf);
