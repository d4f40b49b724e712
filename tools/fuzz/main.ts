// npm run fuzz -- [--minutes N] [--seed S] [--count N] [--only ir|source] [--on kernel|engine] [--keep-going]
// Compares evaluator, kernel and engine on generated programs of the IR, and all of them and the compiler with JavaScript
// on generated fast paths, until something differs or the time is up. The engine alone needs no privileges.

import { parseArgs } from 'node:util';
import {
  judge,
  judgeSource,
  KernelBench,
  makeExperiment,
  makeSourceExperiment,
  pipelines,
  report,
  reportSource,
  shrink,
  shrinkSource,
  Watchdog,
} from '@twinpath/compiler/fuzz';
import { EngineBench } from './engine-bench.ts';

/** Less than the watchdog's patience. */
const SHRINK_SECONDS = 40;
const PROGRESS_MS = 2000;
/** Sources take longer than programs: one to so many. */
const PROGRAMS_PER_SOURCE = 4;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    count: { type: 'string' },
    only: { type: 'string' },
    on: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
  },
});

const first = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed);
const count = values.count === undefined ? Number.POSITIVE_INFINITY : Number(values.count);
const start = performance.now();
const end = start + Number(values.minutes) * 60_000;

using owned = new DisposableStack();
const kernel = values.on === 'engine' ? [] : [owned.use(new KernelBench())];
const engine = values.on === 'kernel' ? [] : [new EngineBench(kernel[0]?.cpus)];
const benches = [...kernel, ...engine];
await using watchdog = new Watchdog();
const seen = new Set<string>();
const totals = { programs: 0, sources: 0, runs: 0, refused: 0, failures: 0 };
let told = 0;

const summary = (): string =>
  Object.entries(totals)
    .map(([name, total]) => `${total} ${name}`)
    .join(', ');

function progress(seed: number): void {
  if (performance.now() < told + PROGRESS_MS) return;
  told = performance.now();
  process.stderr.write(`\r${summary()}; seed ${seed} `);
}

/** True for a failure that is to be shrunk and shown: bugs that look alike are shown once. */
function isNews(seed: number, kind: string, signature: string): boolean {
  totals.failures++;
  process.exitCode = 1;
  if (seen.has(signature)) return false;
  seen.add(signature);
  process.stderr.write(`\nseed ${seed}: ${kind}; shrinking\n`);
  return true;
}

function fuzzProgram(seed: number): void {
  const experiment = makeExperiment(seed);
  totals.programs++;
  for (const bench of benches) {
    for (const pipeline of pipelines) {
      watchdog.alive(seed);
      const failure = judge(bench, experiment, pipeline);
      if (failure === 'refused') totals.refused++;
      else if (failure === 'agreed') totals.runs += experiment.packets.length;
      else if (
        isNews(seed, `${failure.kind}, ${bench.name}, ${pipeline}`, `${failure.signature} ${bench.name} ${pipeline}`)
      ) {
        process.stdout.write(`${report(seed, shrink(bench, { experiment, failure }, SHRINK_SECONDS))}\n`);
      }
    }
  }
}

async function fuzzSource(seed: number): Promise<void> {
  const experiment = makeSourceExperiment(seed);
  totals.sources++;
  watchdog.alive(seed);
  const failure = await judgeSource(experiment, benches);
  if (failure === 'refused') totals.refused++;
  else if (failure === 'agreed') totals.runs += experiment.packets.length;
  else if (isNews(seed, `source, ${failure.kind}`, `source ${failure.kind}`)) {
    const small = await shrinkSource(experiment, failure, benches, SHRINK_SECONDS);
    process.stdout.write(`${reportSource(small.experiment, small.failure)}\n`);
  }
}

for (let seed = first; seed < first + count && performance.now() < end; seed++) {
  progress(seed);
  if (values.only !== 'source') fuzzProgram(seed);
  if (values.only === 'source' || (values.only !== 'ir' && seed % PROGRAMS_PER_SOURCE === 0)) await fuzzSource(seed);
  if (totals.failures > 0 && !values['keep-going']) break;
}
const seconds = ((performance.now() - start) / 1000).toFixed(1);
process.stderr.write('\n');
process.stdout.write(`${summary()}, ${seconds} seconds, seed ${first}\n`);
