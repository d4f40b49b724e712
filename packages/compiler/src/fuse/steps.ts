// Steps of joining a chain, each remembered by what it was made of: when one function has changed, what is joined in front of it is as
// before, and is not joined again.
import type { Hook, Program } from '../ir/types.ts';
import { Latest } from '../latest.ts';

/** What was made last of a program: one that changes again and again would fill the memory. */
interface Step {
  readonly key: string;
  readonly made: Program;
}

const beginnings = new Latest<Program>(16);
const steps = new WeakMap<Program, Map<string, Step>>();

/** Steps go on from here. */
export function beginning(name: string, hook: Hook, position: number, make: () => Program): Program {
  return beginnings.once(`${name} ${hook} ${position}`, make);
}

/** `of`: all that is made of besides the program. */
export function step(kind: string, from: Program, of: string, make: () => Program): Program {
  const known = steps.get(from) ?? new Map<string, Step>();
  steps.set(from, known);
  const last = known.get(kind);
  if (last?.key === of) return last.made;
  const made = make();
  known.set(kind, { key: of, made });
  return made;
}
