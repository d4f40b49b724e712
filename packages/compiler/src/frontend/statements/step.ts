// Between two rounds of a loop.

import type { Evaluation } from '../core/evaluation.ts';
import type { Path } from '../path.ts';
import type { Loop } from '../syntax/statement.ts';

/** The ends of a round, behind the step and joined. */
export function stepped(e: Evaluation, paths: readonly Path[], { step }: Loop): readonly Path[] {
  const joined = e.joinPaths(paths);
  if (step === undefined) return joined;
  return joined.flatMap((on) => e.evaluate(on, step).map(({ path }) => path));
}
