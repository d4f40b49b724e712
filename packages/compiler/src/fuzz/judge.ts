// Runs an experiment on both sides and says what went wrong, if anything did.

import { VerifierError } from '@twinpath/ebpf';
import { CodeGenerationError, compileProgram } from '../backend/index.ts';
import { validate } from '../ir/validate.ts';
import type { Bench } from './bench.ts';
import { difference, type Experiment, type Observation, observeEvaluator } from './experiment.ts';

export type Pipeline = 'optimised' | 'unoptimised';
export const pipelines: readonly Pipeline[] = ['unoptimised', 'optimised'];

export type FailureKind = 'generator' | 'compiler' | 'verifier' | 'difference';

export interface Failure {
  readonly kind: FailureKind;
  readonly pipeline: Pipeline;
  readonly message: string;
  /** Equal for failures that look the same: the first line without numbers. */
  readonly signature: string;
}

export type Judgement = Failure | 'agreed' | 'refused';

export function judge(bench: Bench, experiment: Experiment, pipeline: Pipeline): Judgement {
  const failure = (kind: FailureKind, message: string): Failure => ({
    kind,
    pipeline,
    message,
    signature: kind === 'difference' ? kind : `${kind} ${message.split('\n')[0]?.replace(/\d+/g, 'N')}`,
  });
  let wanted: Observation;
  try {
    validate(experiment.program);
    wanted = observeEvaluator(experiment, bench.cpus);
  } catch (error) {
    return failure('generator', textOf(error));
  }
  try {
    const { spec } = compileProgram(experiment.program, { optimise: pipeline === 'optimised' });
    const found = difference(wanted, bench.observe(experiment, spec), bench.name);
    return found === undefined ? 'agreed' : failure('difference', found);
  } catch (error) {
    if (isRefusal(error)) return 'refused';
    if (error instanceof VerifierError) return failure('verifier', `${error.summary}\n${error.log.slice(-3000)}`);
    return failure('compiler', textOf(error));
  }
}

/** More stack, or more ways, than there may be: no mistake of the compiler's. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof VerifierError) return error.code === 'E2BIG' || /too large|too many|complex/.test(error.summary);
  return error instanceof CodeGenerationError && /stack/.test(error.message);
}

export const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
