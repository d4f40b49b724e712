// What a packet costs on each way between wire and code, and what waiting for one costs; beside what is said of them elsewhere.
import { setTimeout as sleep } from 'node:timers/promises';
import { costs, floor, poller, rungs } from '../io-ladder/rungs.ts';
import { type Candidate, stand, wrongs } from '../packet-rate/candidates.ts';
import type { Contender as Rung } from '../packet-rate/contenders.ts';
import { type Contender, type Metric, machine, metric, type Ratio, type Result, ratio, target } from '../result.ts';
import type { Load } from '../wire/messages.ts';
import { Wires } from '../wire/wires.ts';
import type { Scenario } from './index.ts';

const MOST: Load = { bytes: 64, flows: 1024, ms: 400 };
/** So many that all of them can do it: what they lose costs, too. */
const PACED: Load = { bytes: 64, flows: 1024, ms: 1000, rate: 50_000 };
const IDLE_MS = 1000;

/**
 * What papers/nfv-with-dpdk.txt says, for cores of 3 GHz and a NIC whose driver they are in: 4,500 cycles a packet in the stack; XDP 10 to
 * 15 million packets a second and core, DPDK more than 80; a poll loop always at 100 %; a system call 50 to 100 ns, a switch 1 to 5 µs.
 */
const claims: readonly Contender[] = [
  claim('the stack, a socket', { cpu: between(1500, 1500, 'ns/frame'), rate: between(1e6, 2e6, 'frames/s') }),
  claim('XDP', { rate: between(10e6, 15e6, 'frames/s'), idle: between(0, 0, '% of a core') }),
  claim('DPDK', { rate: between(80e6, 80e6, 'frames/s'), idle: between(100, 100, '% of a core') }),
  claim('a system call', { time: between(50, 100, 'ns') }),
  claim('a switch to another process', { time: between(1000, 5000, 'ns') }),
];

interface Step {
  readonly rate: number;
  /** Nanoseconds of CPU time for a frame at the pace: all of it, the source's too; and what its own processes take. */
  readonly cpu: number;
  readonly own: number;
  /** Percent of a core while nothing comes. */
  readonly idle: number;
}
interface Measured extends Candidate {
  readonly steps: readonly Step[];
}

export const ioLadder: Scenario = {
  name: 'io-ladder',
  purpose:
    'a packet and back by socket, packet socket, tcx, generic and native XDP, AF_XDP and the engine; and waiting for it',
  rounds: 5,
  async run({ rounds, progress }) {
    await using wires = await Wires.open('ladder');
    await using stack = new AsyncDisposableStack();
    const skipped: Contender[] = [];
    const standing: Candidate[] = [];
    for (const rung of rungs) {
      const reason = rung.missing();
      if (reason === undefined) standing.push(await stand(wires, rung, 'tx', stack));
      else skipped.push({ name: rung.name, metrics: {}, skipped: reason });
    }
    if (floor.missing() === undefined) standing.push(await stand(wires, floor, 'drop', stack));
    const right = await thoseRight(wires, standing, progress);
    const steps = new Map(right.map((one) => [one, [] as Step[]]));
    for (const one of right) await wires.load(one.near, one.standing, MOST);
    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1} …`);
      for (const one of right) steps.get(one)?.push(await step(wires, one));
    }
    progress(`${poller.name} …`);
    const polled = await poll(wires, poller, rounds);
    const [call, switched] = costs(wires);
    const measured: readonly Measured[] = [...[...steps].map(([one, all]) => ({ ...one, steps: all })), ...polled];
    return {
      scenario: 'io-ladder',
      machine: machine(),
      command: `npm run bench -- io-ladder --rounds ${rounds}`,
      rounds,
      correct: right.length === standing.length && polled.length === 1,
      contenders: [
        ...measured.map(shown),
        { name: 'a system call', metrics: { time: metric([call], 'ns') } },
        { name: 'a switch to another process', metrics: { time: metric([switched], 'ns') } },
        ...skipped,
        ...claims,
      ],
      ...compared(measured),
    };
  },
};

async function thoseRight(wires: Wires, standing: readonly Candidate[], progress: (line: string) => void) {
  const right: Candidate[] = [];
  for (const candidate of standing) {
    const wrong = await wrongs(wires, candidate);
    for (const line of wrong) progress(line);
    if (wrong.length === 0) right.push(candidate);
  }
  return right;
}

async function step(wires: Wires, { near, standing }: Candidate): Promise<Step> {
  const { rate } = await wires.load(near, standing, MOST);
  const { cpu, own } = await wires.load(near, standing, PACED);
  const [before, begun] = [await standing.counted(), performance.now()];
  await sleep(IDLE_MS);
  const idle = ((await standing.counted()).cpu - before.cpu) / (performance.now() - begun) / 1e4;
  return { rate, cpu, own, idle };
}

async function poll(wires: Wires, rung: Rung, rounds: number): Promise<readonly Measured[]> {
  await using stack = new AsyncDisposableStack();
  const candidate = await stand(wires, rung, 'tx', stack);
  if ((await wrongs(wires, candidate)).length > 0) return [];
  const steps: Step[] = [];
  for (let round = 0; round < rounds; round++) steps.push(await step(wires, candidate));
  return [{ ...candidate, steps }];
}

function shown({ contender, action, steps }: Measured): Contender {
  const of = (what: keyof Step, unit: string) =>
    metric(
      steps.map((one) => one[what]),
      unit,
    );
  return {
    name: action === 'drop' ? `${contender.name}, drops at once` : contender.name,
    metrics: {
      rate: of('rate', 'frames/s'),
      cpu: of('cpu', 'ns/frame'),
      own: of('own', 'ns/frame'),
      idle: of('idle', '% of a core'),
    },
  };
}

/** Ways of ours beside the same in C. */
const pairs = [
  ['ours, tcx', 'C, tcx'],
  ['ours, XDP', 'C, XDP'],
  ['engine', 'C, AF_XDP'],
] as const;

function compared(measured: readonly Measured[]): Pick<Result, 'ratios' | 'targets'> {
  const column = (name: string) => {
    const steps = measured.find(({ contender, action }) => contender.name === name && action === 'tx')?.steps ?? [];
    return { name, values: steps.map(({ cpu }) => cpu) };
  };
  const ratios: Ratio[] = pairs
    .map(([one, other]) => [column(one), column(other)] as const)
    .filter((both) => both.every(({ values }) => values.length > 0))
    .map(([one, other]) => ratio(`${one.name} over ${other.name}`, 'cpu', one, other));
  const idle = measured.find(({ contender }) => contender.name === 'engine');
  const share = idle && shown(idle).metrics.idle?.median;
  return { ratios, targets: share === undefined ? [] : [target('engine: % of a core when idle', share, 2, 'lower')] };
}

function claim(name: string, metrics: Readonly<Record<string, Metric>>): Contender {
  return { name: `said: ${name}`, metrics };
}

function between(min: number, max: number, unit: string): Metric {
  return { median: (min + max) / 2, min, max, unit };
}
