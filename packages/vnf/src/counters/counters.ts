import { fastPathOnly } from '../spec/fast-path-only.ts';
import { SPEC } from '../spec/spec-key.ts';
import type { CountersSpec } from '../spec/specs.ts';
import type { count64 } from '../types/integers.ts';

type Count = (amount?: count64) => void;
export interface AnyCounters {
  readonly [SPEC]: CountersSpec;
}
export type Counters<N extends string> = { readonly [K in N]: Count } & AnyCounters;

/** Counters of the function, by name, with the sentence that documents each. Per CPU, summed when read. Verdicts and
 *  packets are counted for every function anyway. In the fast path: `count.refused()`, `count.bytes(packet.length)`. */
export function counters<const H extends Readonly<Record<string, string>>>(help: H): Counters<keyof H & string> {
  const spec: CountersSpec = Object.freeze({ kind: 'counters', help: Object.freeze({ ...help }) });
  return Object.freeze(Object.assign(verbs<keyof H & string>(help), { [SPEC]: spec }));
}

function verbs<N extends string>(help: Readonly<Record<N, string>>): Record<N, Count> {
  const made: Partial<Record<N, Count>> = {};
  for (const name in help) {
    made[name] = fastPathOnly(`count.${name}`, 'on Node read the counters of the instance');
  }
  if (isComplete(made, help)) return made;
  throw new Error('a counter was left out');
}

function isComplete<N extends string>(made: Partial<Record<N, Count>>, help: object): made is Record<N, Count> {
  return Object.keys(help).every((name) => name in made);
}
