// All contenders of one program, packet by packet, in turns.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import type { Contender, Contest } from './contenders.ts';
import type { Measured } from './programs.ts';
import { Stopwatch } from './stopwatch.ts';

export interface Times {
  readonly contender: Contender;
  /** Nanoseconds net of an empty program, by packet and round. */
  readonly net: readonly (readonly number[])[];
}

const SECONDS = 0.3;
/** To choose among the C twins a shorter look is enough: what is behind by more than the error is out. */
const TRIAL_RUNS = 300_000;
const TRIALS = 3;

/** Ours, and of the C twins the fastest of each way to store keys. */
export function measure({ timed }: Measured, contest: Contest, rounds: number): readonly Times[] {
  using watches = new DisposableStack();
  const stopwatches = timed.map((packet) => watches.use(new Stopwatch(packet, SECONDS)));
  contest.reset();
  return inTurns([contest.ours, ...fastest(contest, stopwatches)], stopwatches, rounds);
}

/** All of them, in other orders from round to round. */
export function measureAll({ timed }: Measured, contenders: readonly Contender[], rounds: number): readonly Times[] {
  using watches = new DisposableStack();
  return inTurns(
    contenders,
    timed.map((packet) => watches.use(new Stopwatch(packet, SECONDS))),
    rounds,
  );
}

function inTurns(
  contenders: readonly Contender[],
  stopwatches: readonly Stopwatch[],
  rounds: number,
): readonly Times[] {
  for (const watch of stopwatches) for (const { program } of contenders) watch.check(program);
  const net = contenders.map(() => stopwatches.map((): number[] => []));
  for (let round = 0; round < rounds; round++) {
    for (const [packet, watch] of stopwatches.entries()) {
      const empty = watch.measure();
      for (let turn = 0; turn < contenders.length; turn++) {
        const index = (round + turn) % contenders.length;
        const contender = contenders[index];
        if (contender) net[index]?.[packet]?.push(watch.measure(contender.program) - empty);
      }
    }
  }
  return contenders.map((contender, index) => ({ contender, net: net[index] ?? [] }));
}

/** Mean over the packets, by round. */
export function means({ net }: Times): readonly number[] {
  const [first = []] = net;
  return first.map((_, round) => net.reduce((sum, packet) => sum + (packet[round] ?? Number.NaN), 0) / net.length);
}

function fastest({ twins }: Contest, watches: readonly Stopwatch[]): readonly Contender[] {
  const best = new Map(twins.map((twin) => [twin, Number.POSITIVE_INFINITY]));
  for (let trial = 0; trial < TRIALS; trial++) {
    for (const twin of twins) {
      const time = watches.reduce((sum, watch) => sum + watch.once(twin.program, TRIAL_RUNS), 0);
      best.set(twin, Math.min(time, best.get(twin) ?? time));
    }
  }
  const order = [...best].sort(([, a], [, b]) => a - b).map(([twin]) => twin);
  return (['fields', 'words'] as const).flatMap((keys) => order.find((twin) => twin.keys === keys) ?? []);
}

/** Interrupts go to the first one more often. */
export function stayOnLastCpu(): void {
  execFileSync('taskset', ['-cp', String(availableParallelism() - 1), String(process.pid)], { stdio: 'ignore' });
}
