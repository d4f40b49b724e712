import { at } from '../ir/at.ts';
import type { Program } from '../ir/types.ts';

/** Gives the same program object when there is nothing to do. */
export type Pass = (program: Program) => Program;

/** Runs passes in order, over and over, until each of them has left the program as it is, or for so many rounds. */
export function untilStable(passes: readonly Pass[], mostRounds = Number.POSITIVE_INFINITY): Pass {
  return (program) => {
    let current = program;
    let idle = 0;
    for (let turn = 0; idle < passes.length && turn < mostRounds * passes.length; turn++) {
      const next = at(passes, turn % passes.length)(current);
      idle = next === current ? idle + 1 : 0;
      current = next;
    }
    return current;
  };
}
