// The first experiment of the hybrid functions' paper: how long a request takes when each connection's server is chosen in the kernel, by
// a process that asks the servers for their load, or by a proxy.
import { setTimeout as delay } from 'node:timers/promises';
import {
  haproxy,
  ipvs,
  kernel,
  nft,
  proactive,
  reactive,
  type Standing,
  type Way,
  weighted,
} from '../first-packet/contenders.ts';
import { Network, SERVICE } from '../network/network.ts';
import { ask } from '../network/requests.ts';
import { type Contender, machine, metric, type Ratio, ratio, target } from '../result.ts';
import type { Scenario } from './index.ts';

const WAYS = [proactive, weighted, reactive, kernel, nft, ipvs, haproxy];
const KINDS = ['keep-alive', 'close'] as const;
const CONNECTIONS = 4;
const SECONDS = 2;
/** Share of connections whose first packet has to go up, where any has to. */
const ASKED = 0.98;
/** Requests of which the servers' shares are counted. */
const COUNTED = 60;

/** Microseconds of each round. */
interface Times {
  readonly mean: number[];
  readonly p50: number[];
  readonly p99: number[];
}

interface Subject {
  readonly way: Way;
  readonly network: Network;
  readonly standing: Standing;
  readonly seen: Readonly<Record<(typeof KINDS)[number], Times>>;
  readonly wrongs: string[];
}

export const firstPacket: Scenario = {
  name: 'first-packet',
  purpose: 'completion of HTTP requests with servers chosen in the kernel, by load through SNMP, and by proxies',
  rounds: 5,
  async run({ rounds, progress }) {
    await using stack = new AsyncDisposableStack();
    const skipped: Contender[] = [];
    const all: Subject[] = [];
    for (const way of WAYS) {
      const reason = way.missing();
      progress(`${way.name} ${reason ?? '…'}`);
      if (reason === undefined) all.push(await stand(way, stack));
      else skipped.push({ name: way.name, metrics: {}, skipped: reason });
    }
    for (let round = 0; round < rounds; round++) {
      for (const kind of KINDS) {
        progress(`round ${round + 1} of ${rounds}: ${kind}`);
        // Nobody is always behind the same one.
        for (const at of all.keys()) await measure(all[(at + round) % all.length], kind);
      }
    }
    for (const { way, wrongs } of all) for (const wrong of wrongs) progress(`${way.name}: ${wrong}`);
    const right = all.filter(({ wrongs }) => wrongs.length === 0);
    const ratios = ratiosOf(right);
    return {
      scenario: 'first-packet',
      machine: machine(),
      command: `npm run bench -- first-packet --rounds ${rounds}`,
      rounds,
      correct: right.length === all.length,
      contenders: [...right.map(shown), ...skipped],
      ratios,
      targets: ratios.flatMap(({ name, median, over }) => {
        const bar = BARS.get(over);
        return bar === undefined || name.includes(proactive.name) ? [] : [target(name, median, bar, 'lower')];
      }),
    };
  },
};

/** Of ours by load: the paper's were 1.2, 1 / 1.5 and 1 / 2.8. */
const BARS = new Map([
  [kernel.name, 1.1],
  [ipvs.name, 1 / 1.5],
  [haproxy.name, 1 / 2.8],
]);

async function stand(way: Way, stack: AsyncDisposableStack): Promise<Subject> {
  const network = stack.use(await Network.open(`first-${way.key}`));
  const standing = await way.open(network, stack);
  const none = () => ({ mean: [], p50: [], p99: [] });
  return {
    way,
    network,
    standing,
    seen: { 'keep-alive': none(), close: none() },
    wrongs: await wrongsOf(way, network),
  };
}

/** Each server gets its share of connections: of those weighted by load when the loads have been told. */
async function wrongsOf({ share }: Way, { client }: Network): Promise<string[]> {
  let got = Number.NaN;
  for (let attempt = 0; attempt < 30; attempt++) {
    const names: (string | undefined)[] = [];
    for (let request = 0; request < COUNTED; request++) {
      const answer = await client.fetch(`http://${SERVICE}/who`, { timeout: 1000 });
      names.push(answer.ok ? answer.body.toString() : undefined);
    }
    const of = (name: string) => names.filter((one) => one === name).length;
    got = of('server1') / COUNTED;
    if (of('server1') + of('server2') === COUNTED && Math.abs(got - share) < 0.05) return [];
    await delay(500);
  }
  return [`the first server gets ${got} of all connections, not ${share}`];
}

async function measure(subject: Subject | undefined, kind: (typeof KINDS)[number]): Promise<void> {
  if (subject === undefined || subject.wrongs.length > 0) return;
  const { network, seen, wrongs, standing } = subject;
  await standing.forget?.();
  const before = await standing.asked?.();
  const { requests, p50, p99, failed } = await ask(network, { connections: CONNECTIONS, kind, seconds: SECONDS });
  const asked = ((await standing.asked?.()) ?? Number.NaN) - (before ?? Number.NaN);
  seen[kind].mean.push((1e6 * CONNECTIONS) / requests);
  seen[kind].p50.push(p50);
  seen[kind].p99.push(p99);
  if (failed > 0) wrongs.push(`${failed} requests failed (${kind})`);
  if (!(requests > 0)) wrongs.push(`no request is answered (${kind})`);
  // Of a SYN that is sent once more the function is asked again.
  if (kind === 'close' && asked < ASKED * requests * SECONDS)
    wrongs.push(`of ${Math.round(requests * SECONDS)} connections ${asked} were asked for`);
}

function shown({ way, seen }: Subject): Contender {
  const metrics = KINDS.flatMap((kind) => {
    const { mean, p50, p99 } = seen[kind];
    return [
      [`${kind}: completion`, metric(mean, 'µs')],
      [`${kind}: p50`, metric(p50, 'µs')],
      [`${kind}: p99`, metric(p99, 'µs')],
    ] as const;
  });
  return { name: way.name, metrics: Object.fromEntries(metrics) };
}

/** Of ours over all others. */
function ratiosOf(all: readonly Subject[]): readonly Ratio[] {
  const own = [proactive, weighted, reactive];
  const others = all.filter(({ way }) => !own.includes(way));
  return all
    .filter(({ way }) => own.includes(way))
    .flatMap((mine) =>
      others.flatMap((other) =>
        KINDS.map((kind) => {
          const of = ({ way, seen }: Subject) => ({ name: way.name, values: seen[kind].mean });
          return ratio(`${mine.way.name} over ${other.way.name}, ${kind}`, 'completion', of(mine), of(other));
        }),
      ),
    );
}
