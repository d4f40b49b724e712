import type { Program } from './types.ts';

/** An analysis that is made once of each program: programs never change, passes make new ones. */
export function oncePerProgram<T>(analyse: (program: Program) => T): (program: Program) => T {
  const known = new WeakMap<Program, { readonly found: T }>();
  return (program) => {
    const before = known.get(program);
    if (before !== undefined) return before.found;
    const found = analyse(program);
    known.set(program, { found });
    return found;
  };
}
