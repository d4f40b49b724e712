import {
  goldenExperiments,
  judge,
  judgeSource,
  makeExperiment,
  makeSourceExperiment,
  pipelines,
} from '@twinpath/compiler/fuzz';
import { describe, expect, it } from 'vitest';
import { EngineBench } from './engine-bench.ts';

/** npm run fuzz has more of them. */
const PROGRAMS = 20;
const SOURCES = 4;

const benches = [new EngineBench(2), new EngineBench(2, { checked: true })];

describe('the engine runs what compileProgram makes as the evaluator runs the IR', () => {
  for (const { title, ...experiment } of goldenExperiments()) {
    it(title, () => {
      for (const bench of benches) {
        for (const pipeline of pipelines) expect(judge(bench, experiment, pipeline)).toBe('agreed');
      }
    });
  }

  it('on generated programs, optimised and not, checked and not', () => {
    let agreed = 0;
    for (let seed = 0; seed < PROGRAMS; seed++) {
      for (const bench of benches) {
        for (const pipeline of pipelines) {
          const judged = judge(bench, makeExperiment(seed), pipeline);
          if (judged === 'agreed') agreed++;
          else expect(judged, `npm run fuzz -- --on engine --only ir --seed ${seed} --count 1`).toBe('refused');
        }
      }
    }
    expect(agreed).toBeGreaterThan(2 * PROGRAMS);
  });

  it('on generated fast paths, as JavaScript does', async () => {
    let agreed = 0;
    for (let seed = 0; seed < SOURCES; seed++) {
      const judged = await judgeSource(makeSourceExperiment(seed), benches);
      if (judged === 'agreed') agreed++;
      else expect(judged, `npm run fuzz -- --on engine --only source --seed ${seed} --count 1`).toBe('refused');
    }
    expect(agreed).toBeGreaterThan(SOURCES / 2);
  });
});
