// What all kernels are asked to do and does not depend on them, made once on the host: an emulated machine is slow.
import { CodeGenerationError, compileProgram } from '@twinpath/compiler';
import {
  type Experiment,
  goldenExperiments,
  makeExperiment,
  type Observation,
  observeEvaluator,
} from '@twinpath/compiler/fuzz';
import type { ProgramSpec } from '@twinpath/ebpf';

export interface Workload {
  readonly experiments: readonly CompiledExperiment[];
  /** What the experiments' tables are made for. */
  readonly cpus: number;
  /** Patterns of the files to take, named from the root; none: all. */
  readonly only: readonly string[];
  /** With the test files that take minutes. */
  readonly full: boolean;
}

export interface CompiledExperiment {
  readonly title: string;
  readonly experiment: Experiment;
  readonly spec: ProgramSpec;
  readonly wanted: Observation;
}

const PIPELINES = ['optimised', 'unoptimised'] as const;
const CPUS = 1;

export interface WorkloadOptions {
  readonly seed: number;
  /** Generated programs. */
  readonly count: number;
  readonly only: readonly string[];
  readonly full: boolean;
}

export function makeWorkload({ seed, count, only, full }: WorkloadOptions): Workload {
  const golden = goldenExperiments().map(({ title, ...experiment }) => ({
    title: `golden case: ${title}`,
    experiment,
  }));
  const generated = Array.from({ length: count }, (_, index) => ({
    title: `generated program of seed ${seed + index}`,
    experiment: makeExperiment(seed + index),
  }));
  const experiments = [...golden, ...generated].flatMap(({ title, experiment }) => compiledBothWays(title, experiment));
  return { experiments, cpus: CPUS, only, full };
}

/** Nothing for programs that need more stack than there is. */
function compiledBothWays(title: string, experiment: Experiment): readonly CompiledExperiment[] {
  const wanted = observeEvaluator(experiment, CPUS);
  return PIPELINES.flatMap((pipeline) => {
    try {
      const { spec } = compileProgram(experiment.program, { optimise: pipeline === 'optimised' });
      return [{ title: `${title}, ${pipeline}`, experiment, spec, wanted }];
    } catch (error) {
      if (error instanceof CodeGenerationError) return [];
      throw error;
    }
  });
}
