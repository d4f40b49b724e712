import { fastPathOnly } from '../spec/fast-path-only.ts';
import type { count64 } from '../types/integers.ts';

/** Says which of the function's rules gives the verdict: a number that its `nameOfDecision` can put into words, below 2³². Once for
 *  each packet; simulation and traces show it. */
export const decidedBy: (decision: count64) => void = fastPathOnly(
  'decidedBy',
  'simulation and traces show what it says',
);
