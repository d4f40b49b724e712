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
import { mergeChecksums } from './merge-checksums.ts';
import { mergeLookups } from './merge-lookups.ts';
import { mergeProbes } from './merge-probes.ts';

const tidy = untilStable([
  foldConstantBranches,
  removeUnreachable,
  removeTrivialPhis,
  removeDeadCode,
  hoistLeaves,
  joinBlocks,
  threadJumps,
]);

const PASSES = [
  tidy,
  simplify,
  numberValues,
  mergeLookups,
  mergeProbes,
  forwardLoadsAcrossCalls,
  mergeChecksums,
  applyBranchFacts,
];

/** What is left to do is done behind the next step. */
export const decideBranches = untilStable(PASSES, 2);

/** Behind the last step: what packets meet is counted by ways, and a branch that is not decided makes two of one. */
export const decideAllBranches = untilStable(PASSES, 8);
