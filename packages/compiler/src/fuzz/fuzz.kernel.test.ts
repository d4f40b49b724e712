import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeExperiment } from './experiment.ts';
import { judge, pipelines } from './judge.ts';
import { KernelBench } from './kernel-bench.ts';
import { report } from './report.ts';
import { shrink } from './shrink.ts';

const SECONDS = 10;
const SHRINK_SECONDS = 20;

let bench: KernelBench;
beforeAll(() => {
  bench = new KernelBench();
});
afterAll(() => bench[Symbol.dispose]());

describe('generated programs', () => {
  it('do in the kernel what they do in the evaluator, optimised and not', () => {
    const end = performance.now() + SECONDS * 1000;
    let agreed = 0;
    for (let seed = 0; performance.now() < end; seed++) {
      const experiment = makeExperiment(seed);
      for (const pipeline of pipelines) {
        const judged = judge(bench, experiment, pipeline);
        if (judged === 'agreed') agreed++;
        else if (judged !== 'refused')
          expect.fail(report(seed, shrink(bench, { experiment, failure: judged }, SHRINK_SECONDS)));
      }
    }
    expect(agreed).toBeGreaterThan(100);
  });
});
