// The way of a new flow's first packet: up to the slow path, an entry in a table, back through the function and out of the port.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Contender, machine, metric, type Result, target } from '../result.ts';
import { Arena } from '../slow-path/arena.ts';
import { KNOWN_FLOWS } from '../slow-path/generator-flows.ts';
import type { Arrived, BenchHook, Load, SubjectState } from '../slow-path/messages.ts';
import type { Scenario } from './index.ts';

/** What is measured: packets each second (0: as many as there can be), and how many of them are hits. */
interface Trial extends Load {
  readonly name: string;
}

interface Bars {
  readonly saturated: number;
  readonly lossless: number;
}

const BARS: Readonly<Record<BenchHook, Bars>> = {
  xdp: { saturated: 400_000, lossless: 250_000 },
  tcx: { saturated: 250_000, lossless: 150_000 },
};
const P50_AT_20000 = 45;
/** Milliseconds until what is under way has arrived. */
const SETTLE_MS = 300;

interface Measured {
  readonly setUps: number;
  readonly lost: number;
  readonly hitsLost: number;
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of CPU time for each. */
  readonly cpu: number;
  /** Bytes of the table for a million flows. */
  readonly memory: number;
}

const trialsOf = ({ lossless }: Bars): readonly Trial[] => [
  { name: 'saturated', rate: 0, seconds: 2, hitEvery: 0 },
  { name: 'without loss', rate: lossless, seconds: 2, hitEvery: 0 },
  { name: '20000/s', rate: 20_000, seconds: 2, hitEvery: 0 },
  { name: 'beside hits', rate: lossless, seconds: 2, hitEvery: 2 },
];

export const slowPath: Scenario = {
  name: 'slow-path',
  purpose: 'flow set-ups in reactive mode: how many, how late, at what cost; XDP and tcx, one worker, 64 bytes',
  rounds: 5,
  async run({ rounds, progress }) {
    const contenders: Contender[] = [];
    const targets: Result['targets'][number][] = [];
    for (const hook of ['xdp', 'tcx'] as const) {
      progress(`${hook} …`);
      const measured = await measure(hook, rounds);
      contenders.push(...[...measured].map(([trial, values]) => shown(hook, trial, values)));
      targets.push(...targetsOf(hook, measured));
    }
    const command = `npm run bench -- slow-path --rounds ${rounds}`;
    return {
      scenario: 'slow-path',
      machine: machine(),
      command,
      rounds,
      correct: true,
      contenders,
      ratios: [],
      targets,
    };
  },
};

async function measure(hook: BenchHook, rounds: number): Promise<ReadonlyMap<string, readonly Measured[]>> {
  await using arena = await Arena.open(hook);
  await arena.load({ rate: 10 * KNOWN_FLOWS, seconds: 0.2, hitEvery: 1 });
  await sleep(SETTLE_MS);
  const trials = trialsOf(BARS[hook]);
  const measured = new Map(trials.map(({ name }) => [name, [] as Measured[]]));
  // The first round is for the JIT.
  for (let round = -1; round < rounds; round++) {
    for (const trial of trials) {
      const values = await measureOnce(arena, trial);
      if (round >= 0) measured.get(trial.name)?.push(values);
    }
  }
  return measured;
}

async function measureOnce(arena: Arena, load: Load): Promise<Measured> {
  await arena.clear();
  const before = await arena.state();
  const sent = await arena.load(load);
  await sleep(SETTLE_MS);
  const after = await arena.state();
  const { misses, hits, latency } = await arena.arrived();
  const risen = (name: keyof SubjectState) => after[name] - before[name];
  return {
    setUps: misses / sent.seconds,
    lost: risen('lost') + risen('overLimit') + risen('undelivered'),
    hitsLost: sent.hits - hits,
    p50: quantile(latency, 0.5),
    p99: quantile(latency, 0.99),
    cpu: risen('cpu') / misses,
    memory: after.bytesPerFlow * 1e6,
  };
}

/** Of values counted by their whole number. */
function quantile(counts: Arrived['latency'], q: number): number {
  const wanted = q * counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  return counts.findIndex((count) => {
    seen += count;
    return seen >= wanted;
  });
}

function shown(hook: BenchHook, trial: string, values: readonly Measured[]): Contender {
  const of = (name: keyof Measured, unit: string) =>
    metric(
      values.map((one) => one[name]),
      unit,
    );
  return {
    name: `${hook}, ${trial}`,
    metrics: {
      'set-ups': of('setUps', '/s'),
      lost: of('lost', ''),
      'hits lost': of('hitsLost', ''),
      p50: of('p50', 'µs'),
      p99: of('p99', 'µs'),
      cpu: of('cpu', 'µs each'),
      memory: of('memory', 'B/million flows'),
    },
  };
}

function targetsOf(hook: BenchHook, measured: ReadonlyMap<string, readonly Measured[]>): Result['targets'] {
  const median = (trial: string, name: keyof Measured) =>
    metric(
      (measured.get(trial) ?? []).map((one) => one[name]),
      '',
    ).median;
  const { saturated, lossless } = BARS[hook];
  return [
    target(`${hook}, set-ups per second, saturated`, median('saturated', 'setUps'), saturated, 'higher'),
    target(`${hook}, set-ups lost at ${lossless}/s`, median('without loss', 'lost'), 0, 'lower'),
    target(`${hook}, hits lost beside ${lossless / 2} set-ups/s`, median('beside hits', 'hitsLost'), 0, 'lower'),
    target(`${hook}, first packet at 20000/s, p50 in µs`, median('20000/s', 'p50'), P50_AT_20000, 'lower'),
  ];
}
