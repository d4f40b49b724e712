import type { Program } from '../ir/types.ts';
import { applyBranchFacts } from './branch-facts.ts';
import { cleanup } from './cleanup.ts';
import { removeDeadStores } from './dead-stores.ts';
import { forwardLoads } from './forward-loads.ts';
import { legalise } from './legalise.ts';
import { mergeStores } from './merge-stores.ts';
import { numberValues } from './number-values.ts';
import { removeOverwrittenStores } from './overwritten-stores.ts';
import { type Pass, untilStable } from './pass.ts';
import { simplify } from './simplify/simplify.ts';
import { sinkThroughPhis } from './sink-through-phis.ts';
import { uniteTails } from './unite-tails.ts';
import { widenChecks } from './widen-checks.ts';

/** What optimisation consists of, in order. Tidying up goes on between the passes. */
export const PASSES = {
  simplify,
  'number-values': numberValues,
  'forward-loads': forwardLoads,
  'sink-through-phis': sinkThroughPhis,
  'branch-facts': applyBranchFacts,
  'widen-checks': widenChecks,
  'dead-stores': removeDeadStores,
  'overwritten-stores': removeOverwrittenStores,
  'merge-stores': mergeStores,
  'unite-tails': uniteTails,
} as const satisfies Readonly<Record<string, Pass>>;

export type PassName = keyof typeof PASSES;
export const passNames: readonly PassName[] = Object.keys(PASSES).filter((name): name is PassName => name in PASSES);

export interface OptimiseOptions {
  readonly optimise?: boolean;
  readonly passes?: Readonly<Partial<Record<PassName, boolean>>>;
}

/** Each pass makes work for others; what is left after so many rounds is not worth the time. */
const MOST_ROUNDS = 8;

/** The same program, better, and in a form whose bounds the verifier can follow. */
export function optimise(program: Program, { optimise: wanted = true, passes = {} }: OptimiseOptions = {}): Program {
  const enabled = wanted ? passNames.filter((name) => passes[name] !== false) : [];
  const tidied = enabled.map(
    (name): Pass =>
      (before) => {
        const after = PASSES[name](before);
        return after === before ? before : cleanup(after);
      },
  );
  return legalise(untilStable(tidied, MOST_ROUNDS)(cleanup(program)));
}
