import { describe, expect, it } from 'vitest';
import { difference, makeExperiment, observeEvaluator } from '../fuzz/experiment.ts';
import { printProgram } from '../ir/print.ts';
import type { Program } from '../ir/types.ts';
import { validate } from '../ir/validate.ts';
import { cleanup } from './cleanup.ts';
import { LAST_PASSES, optimise, PASSES } from './index.ts';
import { legalise } from './legalise.ts';
import type { Pass } from './pass.ts';

const CPUS = 2;
const experiments = Array.from({ length: 30 }, (_, seed) => makeExperiment(seed));

function expectSame(pass: Pass, before: (program: Program) => Program = (program) => program): number {
  let changed = 0;
  for (const [seed, experiment] of experiments.entries()) {
    const given = before(experiment.program);
    const program = pass(given);
    if (program === given) continue;
    changed++;
    validate(program);
    const wanted = observeEvaluator(experiment, CPUS);
    expect(difference(wanted, observeEvaluator({ ...experiment, program }, CPUS)), `seed ${seed}`).toBeUndefined();
  }
  return changed;
}

describe('on generated programs, behaviour stays the same and the IR valid after', () => {
  it('cleanup', () => {
    expect(expectSame(cleanup)).toBeGreaterThan(0);
  });

  it.each(Object.entries<Pass>({ ...PASSES, ...LAST_PASSES }))('%s', (_, pass) => {
    expectSame((program) => cleanup(pass(program)), cleanup);
  });

  it('legalise', () => {
    expectSame(legalise, cleanup);
  });

  it('all of them', () => {
    expect(expectSame((program) => optimise(program))).toBeGreaterThan(0);
  });
});

describe('optimise', () => {
  it('has nothing left to do for what it gave', () => {
    const settled = experiments.filter(({ program }) => {
      const once = optimise(program);
      return printProgram(optimise(once)) === printProgram(once);
    });
    // Masks for the verifier look redundant the second time.
    expect(settled.length).toBeGreaterThan(experiments.length * 0.8);
  });
});
