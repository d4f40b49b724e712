import { foldConstantBranches } from './constant-branches.ts';
import { removeDeadCode } from './dead-code.ts';
import { hoistLeaves } from './hoist-leaves.ts';
import { joinBlocks } from './join-blocks.ts';
import { mergeEqualBlocks } from './merge-equal-blocks.ts';
import { untilStable } from './pass.ts';
import { removeUnreachable } from './remove-unreachable.ts';
import { threadJumps } from './thread-jumps.ts';
import { removeTrivialPhis } from './trivial-phis.ts';

/** Tidies the control flow. Runs without optimisation too: the verifier refuses code that is never reached. */
export const cleanup = untilStable([
  foldConstantBranches,
  removeUnreachable,
  removeTrivialPhis,
  removeDeadCode,
  hoistLeaves,
  joinBlocks,
  threadJumps,
  mergeEqualBlocks,
]);
