// Chains of a packet filter, and the rules that a packet meets in one: those of chains that it jumps to stand in the place of the jump.
import { both, EVERYTHING, type Matches } from './match.ts';
import type { Left, Place, ReadRule } from './reading.ts';

export type Does =
  | { readonly action: 'allow' | 'drop' }
  | { readonly jump: string }
  | { readonly action: 'return' }
  /** It counts. */
  | { readonly action: 'nothing' };

export interface Step extends Place {
  readonly matches: Matches;
  readonly does: Does;
  readonly name: string | undefined;
  readonly log: number | undefined;
  /** What is not the same here. */
  readonly note: string | undefined;
}

/** A step that could not be read is left. */
export type Chains = ReadonlyMap<string, readonly (Step | Left)[]>;

/** In order. `outer`: what a packet that comes here matches already. */
export function* rulesOf(
  chains: Chains,
  name: string,
  { direction, outer = EVERYTHING, within = [] }: Entry,
): Generator<ReadRule | Left> {
  for (const step of chains.get(name) ?? []) {
    if ('why' in step) {
      yield step;
      continue;
    }
    const { line, text, does, note } = step;
    const matches = both(outer, step.matches);
    if ('jump' in does) {
      if (!chains.has(does.jump) || within.includes(does.jump))
        yield { line, text, why: `a jump to ${does.jump}, which is no chain` };
      else yield* rulesOf(chains, does.jump, { direction, outer: matches, within: [...within, name] });
    } else if (does.action === 'return') {
      if (step.matches.some((match) => Object.keys(match).length === 0)) return;
      yield { line, text, why: 'a return for some packets alone' };
    } else if (does.action !== 'nothing') {
      const said = {
        ...(step.name !== undefined && { name: step.name }),
        ...(step.log !== undefined && { log: step.log }),
      };
      for (const match of matches) yield { line, text, direction, match, said: { ...said, action: does.action }, note };
    }
  }
}

interface Entry {
  readonly direction: 'in' | 'out';
  readonly outer?: Matches;
  readonly within?: readonly string[];
}
