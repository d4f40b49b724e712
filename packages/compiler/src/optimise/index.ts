import { graphOf } from '../ir/graph.ts';
import type { Program } from '../ir/types.ts';
import { applyBranchFacts } from './branch-facts.ts';
import { cleanup } from './cleanup.ts';
import { removeDeadCode } from './dead-code.ts';
import { removeDeadStores } from './dead-stores.ts';
import { forwardLoads } from './forward-loads.ts';
import { guardSizes } from './guard-sizes.ts';
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
} as const satisfies Readonly<Record<string, Pass>>;

/** What comes when those have nothing left to do: each would see less afterwards. */
export const LAST_PASSES = { 'unite-tails': uniteTails } as const satisfies Readonly<Record<string, Pass>>;

export type PassName = keyof typeof PASSES | keyof typeof LAST_PASSES;

export interface OptimiseOptions {
  readonly optimise?: boolean;
  readonly passes?: Readonly<Partial<Record<PassName, boolean>>>;
  /** Of a subprogram: how many calls lead to it. */
  readonly depth?: number;
}

/** Each pass makes work for others; what is left after so many rounds is not worth the time. */
const MOST_ROUNDS = 8;

/** The same program, better, and in a form whose bounds the verifier can follow. */
export function optimise(
  program: Program,
  { optimise: wanted = true, passes = {}, depth }: OptimiseOptions = {},
): Program {
  const off = new Set(Object.entries(passes).flatMap(([name, isOn]) => (isOn ? [] : [name])));
  const rounds = (stage: Readonly<Record<string, Pass>>, most: number) => {
    const enabled = Object.entries(stage).filter(([name]) => wanted && !off.has(name));
    return untilStable([...enabled.map(([, pass]) => tidied(pass)), cleanup], most);
  };
  return guardSizes(legalise(rounds(LAST_PASSES, 1)(rounds(PASSES, MOST_ROUNDS)(cleanup(program))), depth));
}

/** The control flow is tidied once a round, and where a pass has changed it: phis may have inputs of edges that are gone. */
function tidied(pass: Pass): Pass {
  return (before) => {
    const after = pass(before);
    if (after === before) return before;
    return graphOf(after) === graphOf(before) ? removeDeadCode(after) : cleanup(after);
  };
}
