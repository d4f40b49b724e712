import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judge } from '../../fuzz/judge.ts';
import { KernelBench } from '../../fuzz/kernel-bench.ts';
import { goldenExperiments } from './experiments.ts';

let bench: KernelBench;
beforeAll(() => {
  bench = new KernelBench();
});
afterAll(() => bench[Symbol.dispose]());

describe('the kernel runs what compileProgram makes as the evaluator runs the IR', () => {
  for (const { title, ...experiment } of goldenExperiments()) {
    it.each(['optimised', 'unoptimised'] as const)(`${title}, %s`, (pipeline) => {
      expect(judge(bench, experiment, pipeline)).toBe('agreed');
    });
  }
});
