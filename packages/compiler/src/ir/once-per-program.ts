import type { Program } from './types.ts';

/** An analysis that is made once of each program: programs never change, passes make new ones. */
export function oncePerProgram<T>(analyse: (program: Program) => T): (program: Program) => T {
  let last: { readonly program: Program; readonly found: T } | undefined;
  return (program) => {
    if (last?.program === program) return last.found;
    const found = analyse(program);
    last = { program, found };
    return found;
  };
}
