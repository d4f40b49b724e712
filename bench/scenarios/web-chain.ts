// The first service chain of eVNF's paper: clients, a firewall, a balancer, two web servers. All contenders have the same hosts.
import { setTimeout as delay } from 'node:timers/promises';
import { type Contender as Candidate, forwarding, haproxy, nat, ours, reference } from '../network/contenders.ts';
import { LARGE, Network, REFUSED, SERVICE } from '../network/network.ts';
import { type Answered, type Asking, ask } from '../network/requests.ts';
import { type Contender, machine, metric, type Ratio, type Result, ratio, target } from '../result.ts';
import type { Scenario } from './index.ts';

const KINDS = ['keep-alive', 'close'] as const;
const CONNECTIONS = [4, 36] as const;
const SECONDS = 2;
const OURS = [ours('tail-calls', 'tcx'), ours('tail-calls', 'xdp'), ours('fused', 'tcx')];
const candidates: readonly Candidate[] = [haproxy, nat, forwarding, reference, ...OURS];

interface Standing {
  readonly candidate: Candidate;
  readonly network: Network;
  /** By `case`. */
  readonly seen: Map<string, Answered[]>;
  readonly wrongs: string[];
}
interface Case extends Asking {
  readonly name: string;
}
const cases: readonly Case[] = KINDS.flatMap((kind) =>
  CONNECTIONS.map((connections) => ({
    kind,
    connections,
    seconds: SECONDS,
    name: `${kind}, ${connections} connections`,
  })),
);

export const webChain: Scenario = {
  name: 'web-chain',
  purpose: 'HTTP through a firewall of 1,000 rules and a balancer to two nginx, beside HAProxy, netfilter and C',
  rounds: 5,
  async run({ rounds, progress }) {
    await using stack = new AsyncDisposableStack();
    const skipped: Contender[] = [];
    const all: Standing[] = [];
    for (const candidate of candidates) {
      const reason = candidate.missing();
      progress(`${candidate.name} ${reason ?? '…'}`);
      if (reason === undefined) all.push(await stand(candidate, stack));
      else skipped.push({ name: candidate.name, metrics: {}, skipped: reason });
    }
    for (let round = 0; round < rounds; round++) {
      for (const one of cases) {
        for (const standing of rotated(all, round)) await measure(standing, one);
      }
      progress(`round ${round + 1} of ${rounds}`);
    }
    for (const { candidate, wrongs } of all) for (const wrong of wrongs) progress(`${candidate.name}: ${wrong}`);
    const right = all.filter(({ wrongs }) => wrongs.length === 0);
    const ratios = ratiosOf(right);
    return {
      scenario: 'web-chain',
      machine: machine(),
      command: `npm run bench -- web-chain --rounds ${rounds}`,
      rounds,
      correct: right.length === all.length,
      contenders: [...right.map(shown), ...skipped],
      ratios,
      targets: targetsOf(ratios),
    };
  },
};

async function stand(candidate: Candidate, stack: AsyncDisposableStack): Promise<Standing> {
  const network = stack.use(await Network.open(candidate.key));
  await candidate.open(network, stack);
  return { candidate, network, seen: new Map(), wrongs: await wrongsOf(candidate, network) };
}

/** Before anything is measured: who answers, with what, and who gets no answer. */
async function wrongsOf({ isFirewall }: Candidate, network: Network): Promise<string[]> {
  const { client } = network;
  const who = async (source?: string) => {
    const answer = await client.fetch(`http://${SERVICE}/who`, {
      timeout: 1000,
      ...(source !== undefined && { source }),
    });
    return answer.ok ? answer.body.toString() : undefined;
  };
  for (let attempt = 0; attempt < 50 && (await who()) === undefined; attempt++) await delay(100);
  const names = new Set<string | undefined>();
  for (let request = 0; request < 40; request++) names.add(await who());
  const wrongs: string[] = [];
  const got = [...names].sort().join(', ');
  if (got !== 'server1, server2') wrongs.push(`clients are answered by ${got}`);
  const isAnswered = (await who(REFUSED)) !== undefined;
  if (isAnswered === isFirewall) wrongs.push(`a refused sender is ${isAnswered ? '' : 'not '}answered`);
  const large = await client.fetch(`http://${SERVICE}/large`, { timeout: 10_000 });
  if (!large.ok || large.body.length !== LARGE)
    wrongs.push(`of ${LARGE} bytes ${large.ok ? large.body.length : 0} come`);
  return wrongs;
}

async function measure({ network, seen, wrongs }: Standing, one: Case): Promise<void> {
  if (wrongs.length > 0) return;
  const answered = await ask(network, one);
  const before = seen.get(one.name);
  if (before === undefined) seen.set(one.name, [answered]);
  else before.push(answered);
  const bad = await network.counted('Tcp', 'InCsumErrors');
  if (bad > 0) wrongs.push(`${bad} checksums are wrong after ${one.name}`);
  if (answered.failed > 0) wrongs.push(`${answered.failed} requests of ${one.name} failed`);
  if (!(answered.requests > 0)) wrongs.push(`no request of ${one.name} is answered`);
}

/** Nobody is always behind the same one. */
function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function shown({ candidate, seen }: Standing): Contender {
  const metrics = cases.flatMap(({ name }) => {
    const of = (what: keyof Answered, unit: string) =>
      metric(
        (seen.get(name) ?? []).map((round) => round[what]),
        unit,
      );
    return [
      [`${name}: requests`, of('requests', '/s')],
      [`${name}: p50`, of('p50', 'µs')],
      [`${name}: p99`, of('p99', 'µs')],
      [`${name}: CPU for each request`, of('cpu', 'µs')],
    ] as const;
  });
  return { name: candidate.name, metrics: Object.fromEntries(metrics) };
}

/** Of ours over all others; of other figures than requests, those that have a bar. */
function ratiosOf(all: readonly Standing[]): readonly Ratio[] {
  const mine = all.filter(({ candidate }) => OURS.includes(candidate));
  const others = all.filter(({ candidate }) => !OURS.includes(candidate));
  return mine.flatMap((own) =>
    others.flatMap((other) =>
      cases.flatMap((one) =>
        FIGURES.filter((what) => what === 'requests' || barOf(other.candidate, what, one) !== undefined).map((what) =>
          ratio(
            nameOf(own.candidate, other.candidate, what, one),
            what,
            values(own, one, what),
            values(other, one, what),
          ),
        ),
      ),
    ),
  );
}

const FIGURES = ['requests', 'p50', 'cpu'] as const;
type Figure = (typeof FIGURES)[number];

const nameOf = (own: Candidate, other: Candidate, what: Figure, { name }: Case) =>
  `${own.name} over ${other.name}, ${name}: ${what}`;

const values = ({ candidate, seen }: Standing, { name }: Case, what: Figure) => ({
  name: candidate.name,
  values: (seen.get(name) ?? []).map((round) => round[what]),
});

const BARS: readonly {
  readonly over: Candidate;
  readonly what: Figure;
  readonly at: Pick<Case, 'kind' | 'connections'>;
  readonly bar: number;
}[] = [
  { over: haproxy, what: 'requests', at: { kind: 'keep-alive', connections: 36 }, bar: 2.3 },
  { over: haproxy, what: 'requests', at: { kind: 'close', connections: 36 }, bar: 2.6 },
  { over: forwarding, what: 'requests', at: { kind: 'keep-alive', connections: 36 }, bar: 1.1 },
  { over: reference, what: 'requests', at: { kind: 'keep-alive', connections: 36 }, bar: 0.98 },
  { over: reference, what: 'cpu', at: { kind: 'keep-alive', connections: 36 }, bar: 1.05 },
  { over: haproxy, what: 'p50', at: { kind: 'keep-alive', connections: 4 }, bar: 0.4 },
];

const barOf = (other: Candidate, figure: Figure, { kind, connections }: Case) =>
  BARS.find(({ over, what, at }) => {
    return over === other && what === figure && at.kind === kind && at.connections === connections;
  })?.bar;

/** Of ours by the hook that suits veths. */
function targetsOf(ratios: readonly Ratio[]): Result['targets'] {
  const [own] = OURS;
  return own === undefined
    ? []
    : candidates.flatMap((other) =>
        cases.flatMap((one) =>
          FIGURES.flatMap((what) => {
            const bar = barOf(other, what, one);
            const found = ratios.find(({ name }) => name === nameOf(own, other, what, one));
            if (bar === undefined || found === undefined) return [];
            return [target(found.name, found.median, bar, what === 'requests' ? 'higher' : 'lower')];
          }),
        ),
      );
}
