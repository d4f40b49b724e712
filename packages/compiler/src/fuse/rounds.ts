// Optimisation between the steps of fusing: what decides branches, without what makes equal blocks one again.
import { applyBranchFacts } from '../optimise/branch-facts.ts';
import { foldConstantBranches } from '../optimise/constant-branches.ts';
import { removeDeadCode } from '../optimise/dead-code.ts';
import { forwardLoadsAcrossCalls } from '../optimise/forward-loads.ts';
import { hoistLeaves } from '../optimise/hoist-leaves.ts';
import { joinBlocks } from '../optimise/join-blocks.ts';
import { numberValues } from '../optimise/number-values.ts';
import { untilStable } from '../optimise/pass.ts';
import { removeUnreachable } from '../optimise/remove-unreachable.ts';
import { simplify } from '../optimise/simplify/simplify.ts';
import { threadJumps } from '../optimise/thread-jumps.ts';
import { removeTrivialPhis } from '../optimise/trivial-phis.ts';
import { mergeLookups } from './merge-lookups.ts';

const tidy = untilStable([
  foldConstantBranches,
  removeUnreachable,
  removeTrivialPhis,
  removeDeadCode,
  hoistLeaves,
  joinBlocks,
  threadJumps,
]);

/** What is left to do is done behind the next step. */
const MOST_ROUNDS = 2;

export const decideBranches = untilStable(
  [tidy, simplify, numberValues, mergeLookups, forwardLoadsAcrossCalls, applyBranchFacts],
  MOST_ROUNDS,
);
