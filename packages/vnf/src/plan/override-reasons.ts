import { parseRate, type Rate } from '../functions/rate.ts';
import type { ReasonSpec } from '../spec/specs.ts';
import { VnfSpecError } from '../spec/vnf-spec-error.ts';
import { checkSnap } from '../vnf/check-snap.ts';
import type { FunctionPlan, ReasonPlan } from './function-plan.ts';

/** What is said of a reason where its function is used, in place of what the function says. */
export interface ReasonOverride {
  readonly limit?: Rate;
  readonly snap?: number;
  readonly way?: ReasonPlan['way'];
}
/** By name of the reason. */
export type ReasonOverrides = Readonly<Record<string, ReasonOverride>>;

/** @throws VnfSpecError that names `where` and the reason */
export function checkOverrides(
  reasons: Readonly<Record<string, ReasonSpec>>,
  overrides: ReasonOverrides,
  where: string,
): void {
  for (const [name, { limit, snap, way }] of Object.entries(overrides)) {
    const at = `${where}, reason ${name}`;
    const reason = reasons[name];
    if (reason === undefined) {
      const known = Object.keys(reasons).join(', ') || 'none';
      throw new VnfSpecError(at, 'the function has no such reason', `its reasons are ${known}`);
    }
    if (limit !== undefined) parseRate(limit, `${at}, limit`);
    if (snap !== undefined) checkSnap(snap, at);
    if (reason.kind !== 'notice' || (snap === undefined && way === undefined)) continue;
    throw new VnfSpecError(at, 'it is a notice, with which no packet goes up', 'leave `snap` and `way` out');
  }
}

/** @throws VnfSpecError for a limit that is no rate */
export function overrideReasons(plan: FunctionPlan, overrides: ReasonOverrides): FunctionPlan {
  const reasons = plan.reasons.map((reason) => {
    const { limit, snap = reason.snap, way = reason.way } = overrides[reason.name] ?? {};
    const limitPerSecond =
      limit === undefined ? reason.limitPerSecond : parseRate(limit, `reason ${reason.name}, limit`);
    return Object.freeze({ ...reason, limitPerSecond, snap, way });
  });
  return Object.freeze({ ...plan, reasons: Object.freeze(reasons) });
}
