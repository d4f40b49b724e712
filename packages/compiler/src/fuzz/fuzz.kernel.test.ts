import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeExperiment } from './experiment.ts';
import { judge, pipelines } from './judge.ts';
import { KernelBench } from './kernel-bench.ts';
import { report } from './report.ts';
import { shrink } from './shrink.ts';
import { makeSourceExperiment } from './source/experiment.ts';
import { judgeSource, reportSource, shrinkSource } from './source/judge.ts';

/** `npm run fuzz` has more of them. */
const PROGRAMS = 60;
const SOURCES = 20;
const SHRINK_SECONDS = 20;

let bench: KernelBench;
beforeAll(() => {
  bench = new KernelBench();
});
afterAll(() => bench[Symbol.dispose]());

describe('generated programs', () => {
  it('do in the kernel what they do in the evaluator, optimised and not', () => {
    let agreed = 0;
    for (let seed = 0; seed < PROGRAMS; seed++) {
      const experiment = makeExperiment(seed);
      for (const pipeline of pipelines) {
        const judged = judge(bench, experiment, pipeline);
        if (judged === 'agreed') agreed++;
        else if (judged !== 'refused') {
          const small = shrink(bench, { experiment, failure: judged }, SHRINK_SECONDS);
          expect.fail(report(seed, small));
        }
      }
    }
    expect(agreed).toBeGreaterThan(PROGRAMS);
  });
});

describe('generated fast paths', () => {
  it('do in evaluator and kernel what JavaScript does', async () => {
    let agreed = 0;
    for (let seed = 0; seed < SOURCES; seed++) {
      const experiment = makeSourceExperiment(seed);
      const judged = await judgeSource(experiment, [bench]);
      if (judged === 'agreed') agreed++;
      else if (judged !== 'refused') {
        const small = await shrinkSource(experiment, judged, [bench], SHRINK_SECONDS);
        expect.fail(reportSource(small.experiment, small.failure));
      }
    }
    expect(agreed).toBeGreaterThan(SOURCES / 2);
  });
});
