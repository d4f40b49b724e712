import { DECIDED_BY } from '@twinpath/vnf/plan';
import type { Instance } from '../instance/instance.ts';

/** What a function's fast path did with a frame. */
export interface FunctionStep {
  /** In its chain. */
  readonly function: string;
  /** `undefined`: its program was stopped. `next` besides another one is left out: the frame was several. */
  readonly verdict: string | undefined;
  /** Of `slowPath`. */
  readonly reason: string | undefined;
  /** What in the function decided, if it says so. */
  readonly decision: string | undefined;
}

const VERDICT = 'verdict ';
const REASON = /^reason (.+?)(?: over limit| lost| absent)?$/;

/** By how its counters rose; `undefined`: it saw none. */
export function stepOf(instance: Instance, before: ReadonlyMap<string, number>): FunctionStep | undefined {
  const rises = [...instance.counts()].map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const);
  const risen = new Map(rises.filter(([, rise]) => rise > 0));
  if (!risen.has('packets')) return undefined;
  const verdicts = [...risen.keys()].flatMap((name) => (name.startsWith(VERDICT) ? name.slice(VERDICT.length) : []));
  const verdict = verdicts.find((one) => one !== 'next') ?? verdicts[0];
  const [reason] = [...risen.keys()].flatMap((name) => REASON.exec(name)?.[1] ?? []);
  const decided = risen.get(DECIDED_BY);
  return {
    function: instance.name,
    verdict,
    reason: verdict === 'slowPath' ? reason : undefined,
    decision: decided === undefined ? undefined : instance.nameOfDecision(decided - 1),
  };
}
