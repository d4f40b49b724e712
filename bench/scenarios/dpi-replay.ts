// Captures replayed as fast as one core can, with somebody at the other end of the wire who names the application of each flow.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { missingReader, readWithNdpi } from '@twinpath/testing/captures';
import { cpuSeconds } from '../cpu-seconds.ts';
import { Arena, type Cores, PACKETS } from '../dpi-replay/arena.ts';
import {
  type Contender as Candidate,
  contenders as candidates,
  FILTER,
  READER,
  type Standing,
} from '../dpi-replay/contenders.ts';
import type { Names, Taken } from '../dpi-replay/messages.ts';
import { type TraceFile, writeTraces } from '../dpi-replay/traces.ts';
import { type Contender, machine, metric, type Ratio, type Result, ratio, summary, target } from '../result.ts';
import type { Scenario } from './index.ts';

/** Packets each second that everybody can follow. */
const PACE = 10_000;
/** Of flows, which are named as nDPI's reader names them when it reads the file. */
const ALIKE = 0.99;
/** Of what is for the classifiers, what must come to them. */
const SEEN = 0.95;
/** Points of loss: on long flows to that of a filter alone, on short ones to that of nDPI's reader. */
const BARS = { 'long flows': { to: FILTER, points: 3 }, 'short flows': { to: READER, points: -15 } } as const;
const NONE = 'no DPI';
const CORES: readonly Cores[] = [1, 2];
/** How flows are named, which takes half a minute of waiting, is looked at there. */
const SLOWEST: Cores = 1;

interface Round {
  readonly rate: number;
  /** Percent of the rate without DPI in the same round. */
  readonly loss: number;
  /** Percent of what was sent. */
  readonly arrived: number;
  readonly taken: number;
  /** Percent of what was for the classifiers. */
  readonly seen: number;
  /** Microseconds for each packet that was sent. */
  readonly cpu: number;
}

interface Measured {
  readonly cores: Cores;
  readonly trace: Trace;
  readonly name: string;
  /** `undefined`: there is nobody. */
  readonly candidate: Candidate | undefined;
  readonly rounds: readonly Round[];
  /** Percent of flows, behind the last round. `undefined`: nobody has looked. */
  readonly alike: number | undefined;
}

/** What is replayed, and the names of its flows. */
interface Trace extends TraceFile {
  readonly wanted: ReadonlyMap<string, string>;
}
type Stands = ReadonlyMap<Candidate, Standing>;
type Progress = (text: string) => void;

export const dpiReplay: Scenario = {
  name: 'dpi-replay',
  purpose:
    'what naming applications costs whom captures are replayed to at top speed, on one core and on two: long flows, short flows',
  rounds: 5,
  async run({ rounds, progress }) {
    const captures = process.env.TWINPATH_CAPTURES;
    const reason = captures === undefined ? 'TWINPATH_CAPTURES names no folder of captures' : missingReader();
    if (captures === undefined || reason !== undefined) return skipped(rounds, reason ?? '');
    const folder = mkdtempSync(join(tmpdir(), 'tp-bench-dpi-'));
    using _files = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
    const [paced, ...traces] = writeTraces(captures, folder).map((trace) => ({
      ...trace,
      wanted: readWithNdpi([trace.file], PACKETS),
    }));
    if (paced === undefined) throw new Error('there are no traces');
    const able = candidates.filter((candidate) => candidate.missing() === undefined);
    const wrongs = new Map<Candidate, string>();
    const measured: Measured[] = [];
    for (const cores of CORES) {
      await using arena = new Arena(cores);
      await using stack = new AsyncDisposableStack();
      const stands = new Map<Candidate, Standing>();
      for (const candidate of able) {
        if (!wrongs.has(candidate)) stands.set(candidate, stack.use(await candidate.open(arena.wire())));
      }
      if (cores === SLOWEST) await check(stands, paced, wrongs, progress);
      const right = new Map([...stands].filter(([candidate]) => !wrongs.has(candidate)));
      for (const trace of traces) measured.push(...(await measure({ arena, trace, right, rounds, progress })));
    }
    return {
      ...head(rounds),
      correct: wrongs.size === 0,
      contenders: [...measured.map(shown), ...candidates.flatMap(absent)],
      ratios: measured.flatMap((one) => ratioOf(one, measured)),
      targets: measured.flatMap((one) => targetsOf(one, measured)),
    };
  },
};

const head = (rounds: number) => ({
  scenario: 'dpi-replay',
  machine: machine(),
  command: `TWINPATH_CAPTURES=… npm run bench -- dpi-replay --rounds ${rounds}`,
  rounds,
});

function skipped(rounds: number, reason: string): Result {
  const names = [NONE, ...candidates.map(({ name }) => name)];
  const contenders = names.map((name) => ({ name, metrics: {}, skipped: reason }));
  return { ...head(rounds), correct: true, contenders, ratios: [], targets: [] };
}

function absent(candidate: Candidate): readonly Contender[] {
  const reason = candidate.missing();
  return reason === undefined ? [] : [{ name: candidate.name, metrics: {}, skipped: reason }];
}

/** Who is wrong, and why, where there is time enough. */
async function check(stands: Stands, trace: Trace, wrongs: Map<Candidate, string>, progress: Progress): Promise<void> {
  const { wanted, packets: sent } = trace;
  const taken = new Map<Candidate, Taken>();
  for (const [candidate, standing] of stands) {
    progress(`${candidate.name}, ${sent} packets of ${wanted.size} flows at ${PACE}/s …`);
    await standing.begin();
    await standing.wire.replay(trace.file, [`--pps=${PACE}`]);
    await standing.settled();
    taken.set(candidate, await standing.taken());
    await standing.note();
  }
  const named = await namedBy(stands);
  for (const [candidate, { packets, shown, seen }] of taken) {
    const { alike, others } = compared(wanted, named.get(candidate) ?? []);
    const wrong = [
      ...(packets === sent ? [] : [`it got ${packets} of ${sent} packets`]),
      ...(seen === shown ? [] : [`its classifiers got ${seen} of ${shown} packets`]),
      ...(alike >= ALIKE || !candidate.isClassifier
        ? []
        : [`it names ${others.length} of ${wanted.size} flows otherwise: ${others.slice(0, 5)}`]),
    ];
    if (wrong.length === 0) continue;
    const text = `${candidate.name}: ${wrong.join('; ')}\n${stands.get(candidate)?.process?.stderr ?? ''}`;
    progress(text);
    wrongs.set(candidate, text);
  }
}

/** All wait at the same time until silent flows are given up. */
async function namedBy(stands: Stands): Promise<ReadonlyMap<Candidate, Names>> {
  return new Map(
    await Promise.all([...stands].map(async ([candidate, standing]) => [candidate, await standing.names()] as const)),
  );
}

function compared(wanted: ReadonlyMap<string, string>, names: Names) {
  // In two VLANs it has two.
  const found = Map.groupBy(names, ([flow]) => flow);
  const others = [...wanted].filter(([flow, name]) => !found.get(flow)?.some(([, other]) => other === name));
  const texts = others.map(([flow, name]) => `${flow} is ${name}, not ${found.get(flow)?.map(([, other]) => other)}`);
  return { alike: 1 - others.length / wanted.size, others: texts };
}

interface Measurement {
  readonly arena: Arena;
  readonly trace: Trace;
  readonly right: Stands;
  readonly rounds: number;
  readonly progress: Progress;
}

async function measure({ arena, trace, right, rounds, progress }: Measurement): Promise<readonly Measured[]> {
  const bare = arena.wire();
  const isNamed = arena.cores === SLOWEST;
  const none: Round[] = [];
  const found = new Map([...right.keys()].map((candidate) => [candidate, [] as Round[]]));
  for (let round = 0; round < rounds; round++) {
    progress(`${arena.cores} of 2 cores, ${trace.name}, round ${round + 1} …`);
    const { sent, rate, arrived } = await bare.replay(trace.file);
    none.push({ rate, loss: 0, arrived: (100 * arrived) / sent, taken: 0, seen: 0, cpu: 0 });
    for (const [candidate, standing] of rotated([...right], round)) {
      found.get(candidate)?.push(await measureOnce(standing, trace, rate));
      if (isNamed && round === rounds - 1) await standing.note();
    }
  }
  const named = isNamed ? await namedBy(right) : undefined;
  const alikeOf = (names: Names) => 100 * compared(trace.wanted, names).alike;
  const common = { cores: arena.cores, trace };
  return [
    { ...common, name: NONE, candidate: undefined, rounds: none, alike: undefined },
    ...[...found].map(([candidate, values]) => ({
      ...common,
      name: candidate.name,
      candidate,
      rounds: values,
      alike: named && alikeOf(named.get(candidate) ?? []),
    })),
  ];
}

/** Milliseconds until what was started for it is quiet. */
const QUIET_MS = 500;

async function measureOnce(standing: Standing, trace: TraceFile, rateWithout: number): Promise<Round> {
  await standing.begin();
  await delay(QUIET_MS);
  const before = cpuOf(standing);
  const { sent, rate, arrived } = await standing.wire.replay(trace.file);
  await standing.settled();
  const cpu = cpuOf(standing) - before;
  const { packets, shown, seen } = await standing.taken();
  return {
    rate,
    loss: 100 * (1 - rate / rateWithout),
    arrived: (100 * arrived) / sent,
    taken: (100 * packets) / sent,
    seen: (100 * seen) / shown,
    cpu: (1e6 * cpu) / sent,
  };
}

const cpuOf = ({ process }: Standing) => (process?.pid === undefined ? 0 : cpuSeconds(process.pid));

const rotated = <T>(all: readonly T[], by: number): readonly T[] => [
  ...all.slice(by % all.length),
  ...all.slice(0, by % all.length),
];

const title = ({ cores, trace, name }: Measured) => `${cores === 1 ? 'one core' : 'two cores'}, ${trace.name}, ${name}`;

function shown(measured: Measured): Contender {
  const of = (key: keyof Round, unit: string) =>
    metric(
      measured.rounds.map((round) => round[key]),
      unit,
    );
  const { candidate, alike } = measured;
  const common = { rate: of('rate', '/s'), arrived: of('arrived', '%') };
  if (candidate === undefined) return { name: title(measured), metrics: common };
  const looking = { ...common, loss: of('loss', '%'), taken: of('taken', '%') };
  if (!candidate.isClassifier) return { name: title(measured), metrics: looking };
  return {
    name: title(measured),
    metrics: {
      ...looking,
      seen: of('seen', '% of what is for classifiers'),
      ...(alike !== undefined && { alike: metric([alike], '% of flows') }),
      cpu: of('cpu', 'µs each'),
    },
  };
}

const rates = (measured: Measured) => ({
  name: title(measured),
  values: measured.rounds.map(({ rate }) => rate),
});

function ratioOf(measured: Measured, all: readonly Measured[]): readonly Ratio[] {
  const none = all.find(
    ({ cores, trace, name }) => cores === measured.cores && trace === measured.trace && name === NONE,
  );
  if (none === undefined || none === measured) return [];
  return [ratio(title(measured), 'rate', rates(measured), rates(none))];
}

function targetsOf(measured: Measured, all: readonly Measured[]): Result['targets'] {
  const { cores, trace, candidate, rounds, alike } = measured;
  if (candidate?.isOurs !== true || trace.name === 'captures') return [];
  const { to, points } = BARS[trace.name];
  const other = all.find((one) => one.cores === cores && one.trace === trace && one.name === to);
  if (other === undefined) return [];
  const median = (of: Measured, key: keyof Round) => summary(of.rounds.map((round) => round[key])).median;
  const bar = median(other, 'loss') + points;
  const loss = target(`${title(measured)}, loss in percent`, median(measured, 'loss'), bar, 'lower');
  return [
    ...(cores === SLOWEST ? [loss] : []),
    target(`${title(measured)}, seen by classifiers in percent`, median(measured, 'seen'), 100 * SEEN, 'higher'),
    ...(alike === undefined
      ? []
      : [
          target(
            `${title(measured)}, flows named alike in percent, round ${rounds.length}`,
            alike,
            100 * ALIKE,
            'higher',
          ),
        ]),
  ];
}
