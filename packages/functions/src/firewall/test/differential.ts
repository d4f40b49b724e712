// Runs packets past several executors and the oracle, and says where they differ.
import { isDeepStrictEqual } from 'node:util';
import { packetFromText, textOf } from '@twinpath/packet';
import { type ExecutorName, type Seen, startUnderTest } from '@twinpath/testing';
import type { input as Input } from 'zod';
import { Config } from '../config.ts';
import firewall from '../firewall.vnf.ts';
import { cases } from './cases/index.ts';
import { mutated, type Random, randomOf } from './mutate.ts';
import { FirewallOracle, type Judgement } from './oracle.ts';

export interface Experiment {
  readonly config: Input<typeof Config>;
  readonly executors: readonly ExecutorName[];
  readonly seed: number;
  readonly packets: number;
}

const RULES: Input<typeof Config>['rules'] = [
  { action: 'drop', protocol: 'tcp', port: '81-90' },
  { action: 'allow', protocol: 'udp', when: {} },
  { direction: 'out', action: 'allow', from: '10.0.0.0/8' },
  { direction: 'out', action: 'allow', from: 'fd00::/8', to: '2001:db8::/32' },
  { direction: 'in', action: 'drop', protocol: 'icmp6' },
  { action: 'allow', protocol: 'tcp', port: 80 },
];

const EVERYTHING: Input<typeof Config>['rules'] = [
  { action: 'drop', protocol: 'tcp', flags: ['syn fin', '!syn !ack !rst'] },
  { action: 'offload', vlan: [5, 6], protocol: ['tcp', 'udp'], port: [80, '1000-60000'] },
  { action: 'drop', vlan: 'none', protocol: 'icmp', icmp: ['echo-request', '3/3', 13] },
  { action: 'allow', protocol: 'icmp6', icmp: ['unreachable/4', 'echo-reply', '2-100'] },
  { action: 'drop', protocol: ['icmp', 'icmp6'], interface: 'port' },
  { action: 'allow', interface: 'port', protocol: 'tcp', sourcePort: ['0-1023', 40_000], flags: 'syn !ack' },
  {
    action: 'drop',
    direction: 'out',
    from: ['10.0.0.0/8', 'fd00::/8'],
    to: ['192.0.2.0/24', '2001:db8::/32'],
    protocol: ['udp', 17, 132, 47],
  },
];

export const experiments = [
  {
    title: 'strict',
    seed: 1,
    config: { rules: RULES },
    verdicts: ['drop', 'next', 'slowPath undecided'],
  },
  {
    title: 'lax',
    seed: 1000,
    config: { rules: RULES, otherwise: 'allow', options: 'inspect', laterFragments: 'allow', otherTypes: 'allow' },
    verdicts: ['drop', 'next', 'slowPath undecided'],
  },
  {
    title: 'without a table of flows, and with rules that look at everything',
    seed: 3000,
    config: { stateful: false, rules: EVERYTHING, otherwise: 'allow', options: 'inspect' },
    verdicts: ['drop', 'next', 'stack'],
  },
  {
    title: 'with flows that only SYN opens, and rules that look at everything',
    seed: 4000,
    config: { rules: EVERYTHING, otherwise: 'allow', opening: 'syn' },
    verdicts: ['drop', 'next', 'stack'],
  },
  {
    title: 'offloading',
    seed: 2000,
    config: { rules: RULES, otherwise: 'offload', options: 'inspect' },
    verdicts: ['drop', 'next', 'slowPath undecided', 'stack'],
  },
] as const satisfies readonly (Pick<Experiment, 'config' | 'seed'> & { title: string; verdicts: readonly string[] })[];

/** How often each verdict was given, so that a test can tell that it tried something. @throws Error at the first difference */
export async function differential({ config, executors, seed, packets }: Experiment): Promise<Map<string, number>> {
  const random = randomOf(seed);
  const oracle = new FirewallOracle(Config.parse(config));
  using owned = new DisposableStack();
  const running = await Promise.all(
    executors.map(async (executor) => ({ executor, ...(await startUnderTest(firewall, { executor, config })) })),
  );
  for (const one of running) owned.use(one);
  const seen = new Map<string, number>();
  for (let number = 0; number < packets; number++) {
    if (random(100) === 0) {
      const seconds = 1 + random(40);
      oracle.after(seconds);
      for (const one of running) one.after(`${seconds} s`);
    }
    const bytes = randomPacket(random);
    const direction = random(2) === 0 || bytes.length < SHORTEST_LEAVING ? 'in' : 'out';
    const expected = oracle.judge(bytes, direction);
    for (const { executor, send } of running) {
      const judged = judgementOf(send(bytes, direction === 'in' ? 'ingress' : 'egress'), bytes);
      if (!isDeepStrictEqual(judged, judgementText(expected))) {
        const [wanted, found] = [judgementText(expected), judged].map((one) => JSON.stringify(one));
        const frame = `${direction} ${textOf(bytes)}\nhex ${Buffer.from(bytes).toString('hex')}`;
        throw new Error(`packet ${number} of seed ${seed}, ${frame}\n${executor} says ${found}, the oracle ${wanted}`);
      }
    }
    seen.set(expected.verdict, (seen.get(expected.verdict) ?? 0) + 1);
  }
  for (const { executor, tables } of running) {
    const flows = tables.opening.size + tables.flows.size;
    if (flows !== oracle.flows) {
      throw new Error(`${executor} has ${flows} flows, the oracle ${oracle.flows}`);
    }
  }
  return seen;
}

/** A tc test run takes no shorter frame that claims to be IPv6. */
const SHORTEST_LEAVING = 54;
/** Nor does an XDP one take less than an Ethernet header. */
const SHORTEST = 14;

const originals = cases
  .flatMap(({ steps }) => steps.map(({ send }) => (typeof send === 'string' ? packetFromText(send) : send)))
  .filter(({ length }) => length < 1500);

function randomPacket(random: Random): Uint8Array {
  for (;;) {
    const original = originals[random(originals.length)] ?? new Uint8Array(60);
    const bytes = random(4) === 0 ? original : mutated(original, random);
    if (bytes.length >= SHORTEST) return bytes;
  }
}

function judgementText({ verdict, counter, metadata }: Judgement) {
  return { verdict, counts: counter === undefined ? {} : { [counter]: 1 }, metadata, isUnchanged: true };
}

function judgementOf({ verdict, counts, handedUp, packet }: Seen, sent: Uint8Array) {
  const isUnchanged = Buffer.compare(packet, sent) === 0;
  return { verdict, counts, metadata: handedUp?.metadata, isUnchanged };
}
