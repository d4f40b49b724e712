// npm run fuzz -- [--minutes N] [--seed S] [--count N] [--keep-going]
// Compares the evaluator with the kernel on generated programs until something differs or the time is up.

import { parseArgs } from 'node:util';
import { makeExperiment } from './experiment.ts';
import { type Failure, judge, pipelines } from './judge.ts';
import { KernelBench } from './kernel-bench.ts';
import { report } from './report.ts';
import { shrink } from './shrink.ts';
import { Watchdog } from './watchdog.ts';

/** Less than the watchdog's patience. */
const SHRINK_SECONDS = 40;
const PROGRESS_MS = 2000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    count: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
  },
});

const first = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const count = values.count === undefined ? Number.POSITIVE_INFINITY : Number(values.count);
const start = performance.now();
const end = start + Number(values.minutes) * 60_000;

using bench = new KernelBench();
await using watchdog = new Watchdog();
const seen = new Set<string>();
let [programs, runs, refused, failures, told] = [0, 0, 0, 0, 0];

/** Shrinks and prints a failure; the same again is only counted. */
function tell(seed: number, failure: Failure): void {
  failures++;
  process.exitCode = 1;
  const signature = `${failure.signature} ${failure.pipeline}`;
  if (failure.kind !== 'difference' && seen.has(signature)) return;
  seen.add(signature);
  process.stderr.write(`\nseed ${seed}: ${failure.kind}, ${failure.pipeline}; shrinking\n`);
  const experiment = makeExperiment(seed);
  process.stdout.write(`${report(seed, shrink(bench, { experiment, failure }, SHRINK_SECONDS))}\n`);
}

function progress(seed: number): void {
  if (performance.now() < told + PROGRESS_MS) return;
  told = performance.now();
  process.stderr.write(`\r${programs} programs, ${runs} runs, ${refused} refused, ${failures} failures; seed ${seed} `);
}

for (let seed = first; seed < first + count && performance.now() < end; seed++) {
  progress(seed);
  const experiment = makeExperiment(seed);
  programs++;
  for (const pipeline of pipelines) {
    watchdog.alive(seed);
    const judged = judge(bench, experiment, pipeline);
    if (judged === 'refused') refused++;
    else if (judged === 'agreed') runs += experiment.packets.length;
    else tell(seed, judged);
  }
  if (failures > 0 && !values['keep-going']) break;
}
const seconds = ((performance.now() - start) / 1000).toFixed(1);
process.stderr.write('\n');
process.stdout.write(
  `${programs} programs, ${runs} runs, ${refused} refused, ${failures} failures, ${seconds} seconds, seed ${first}\n`,
);
