import type { Program } from '../ir/types.ts';

/** Gives the same program object when there is nothing to do. */
export type Pass = (program: Program) => Program;

/** Runs passes in order, over and over, until none of them changes anything. */
export function untilStable(passes: readonly Pass[]): Pass {
  return (program) => {
    for (let current = program; ; ) {
      const next = passes.reduce((before, pass) => pass(before), current);
      if (next === current) return current;
      current = next;
    }
  };
}
