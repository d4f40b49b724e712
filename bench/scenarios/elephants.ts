// The second service chain of eVNF's paper: a firewall, and DPI that lets more and more of four large flows alone.
import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds } from '../cpu-seconds.ts';
import { type Contender as Candidate, contenders as candidates, type Standing } from '../elephants/contenders.ts';
import { connects, flood, listen } from '../elephants/iperf.ts';
import { Network, REFUSED } from '../network/network.ts';
import { type Contender, machine, metric, type Ratio, type Result, ratio, summary, target } from '../result.ts';
import type { Scenario } from './index.ts';

const SECONDS = 2;
const LEGACY = 'iptables, ndpiReader';
/** Whether who sends leaves it to the interface to cut segments. */
const OFFLOADS = ['off', 'on'] as const;
/** Times the rate of the legacy chain. */
const BARS: Readonly<Record<number, number>> = { 0: 1, 100: 1.6 };
/** Percent of a core. */
const MOST_CPU = 1;

interface Round {
  readonly bits: number;
  /** Percent of a core, of who looks at packets. */
  readonly cpu: number;
  /** Percent of packets. */
  readonly shown: number;
  /** Percent of those. */
  readonly seen: number;
}

/** Each on a network of its own, all the time: to start one takes longer than to measure it. */
interface Subject {
  readonly candidate: Candidate;
  readonly network: Network;
  readonly standing: Standing;
}

interface Measured extends Subject {
  readonly segmentation: (typeof OFFLOADS)[number];
  readonly rounds: Round[];
}

export const elephants: Scenario = {
  name: 'elephants',
  purpose: 'four iperf3 flows through a firewall of 1,000 rules to DPI that lets 0 to 100 % of them alone',
  rounds: 5,
  async run({ rounds, progress }) {
    await using stack = new AsyncDisposableStack();
    const wrongs = new Set<string>();
    const subjects: Subject[] = [];
    for (const candidate of candidates.filter((one) => one.missing() === undefined)) {
      progress(`${candidate.name} …`);
      const subject = await stand(candidate, subjects.length, stack);
      for (const wrong of await wrongsOf(subject)) wrongs.add(`${candidate.name}: ${wrong}`);
      subjects.push(subject);
    }
    const measured = OFFLOADS.flatMap((segmentation) =>
      subjects.map((subject): Measured => ({ ...subject, segmentation, rounds: [] })),
    );
    for (let round = 0; round < rounds; round++) {
      for (const one of measured) {
        progress(`round ${round + 1} of ${rounds}: ${title(one)} …`);
        cutSegments(one.network, one.segmentation);
        one.rounds.push(await measureOnce(one));
      }
    }
    for (const wrong of wrongs) progress(wrong);
    const right = measured.filter(
      ({ candidate }) => ![...wrongs].some((text) => text.startsWith(`${candidate.name}:`)),
    );
    return {
      scenario: 'elephants',
      machine: machine(),
      command: `npm run bench -- elephants --rounds ${rounds}`,
      rounds,
      correct: wrongs.size === 0,
      contenders: [...right.map(shown), ...candidates.flatMap(skipped)],
      ratios: right.flatMap((one) => ratioOf(one, right)),
      targets: right.flatMap((one) => targetsOf(one, right)),
    };
  },
};

async function stand(candidate: Candidate, number: number, stack: AsyncDisposableStack): Promise<Subject> {
  const network = stack.use(await Network.open(`elephants-${number}`));
  await listen(network);
  return { candidate, network, standing: stack.use(await candidate.open(network)) };
}

function skipped(candidate: Candidate): readonly Contender[] {
  const reason = candidate.missing();
  return reason === undefined ? [] : [{ name: candidate.name, metrics: {}, skipped: reason }];
}

function cutSegments({ client, servers }: Network, segmentation: Measured['segmentation']): void {
  for (const host of [client, ...servers]) {
    for (const offload of ['tso', 'gso'] as const) host.offload('eth0', offload, segmentation === 'on');
  }
}

/** The firewall lets the client's own address through, and where there are rules the other one not. */
async function wrongsOf({ network, candidate: { isFirewall } }: Subject): Promise<readonly string[]> {
  return [
    ...((await connects(network)) ? [] : ['it lets nobody through']),
    ...(isFirewall && (await connects(network, REFUSED)) ? ['it lets through who is refused'] : []),
  ];
}

async function measureOnce({ network, standing }: Subject): Promise<Round> {
  const before = { inspected: await standing.inspected(), cpu: cpuSeconds(standing.process.pid ?? 0) };
  const start = performance.now();
  const bits = await flood(network, SECONDS);
  const cpu = cpuSeconds(standing.process.pid ?? 0) - before.cpu;
  const seconds = (performance.now() - start) / 1000;
  await delay(SETTLE_MS);
  const after = await standing.inspected();
  const risen = (name: 'packets' | 'shown' | 'seen') => (after?.[name] ?? 0) - (before.inspected?.[name] ?? 0);
  return {
    bits,
    cpu: (100 * cpu) / seconds,
    shown: (100 * risen('shown')) / risen('packets'),
    seen: (100 * risen('seen')) / risen('shown'),
  };
}

/** Until what is under way has been read. */
const SETTLE_MS = 300;

const title = ({ candidate, segmentation }: Measured) => `segmentation offloads ${segmentation}, ${candidate.name}`;

function shown(measured: Measured): Contender {
  const of = (key: keyof Round, unit: string) =>
    metric(
      measured.rounds.map((round) => round[key]),
      unit,
    );
  const common = { rate: of('bits', 'bit/s'), 'DPI cpu': of('cpu', '% of a core') };
  if (measured.candidate.offloaded === undefined) return { name: title(measured), metrics: common };
  const own = { shown: of('shown', '% of packets'), seen: of('seen', '% of what is shown') };
  return { name: title(measured), metrics: { ...common, ...own } };
}

function ratioOf(measured: Measured, all: readonly Measured[]): readonly Ratio[] {
  const legacy = all.find((one) => one.segmentation === measured.segmentation && one.candidate.name === LEGACY);
  if (legacy === undefined || legacy === measured) return [];
  const of = (one: Measured) => ({ name: title(one), values: one.rounds.map(({ bits }) => bits) });
  return [ratio(title(measured), 'rate', of(measured), of(legacy))];
}

function targetsOf(measured: Measured, all: readonly Measured[]): Result['targets'] {
  const { candidate, segmentation, rounds } = measured;
  const bar = BARS[candidate.offloaded ?? Number.NaN];
  const [compared] = ratioOf(measured, all);
  if (bar === undefined || compared === undefined || segmentation === 'on') return [];
  const rate = target(`${title(measured)}, rate beside ${LEGACY}`, compared.median, bar, 'higher');
  if (candidate.offloaded !== 100) return [rate];
  const { median } = summary(rounds.map(({ cpu }) => cpu));
  return [rate, target(`${title(measured)}, DPI cpu in percent of a core`, median, MOST_CPU, 'lower')];
}
