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
  /** Name of the interface by which packets leave for whom listens there; with `way: 'interface'`, which leads nowhere without. */
  readonly interface?: string;
}
/** By name of the reason. */
export type ReasonOverrides = Readonly<Record<string, ReasonOverride>>;

const HINT_WAY = "say `way: 'interface'`, or leave `interface` out";

/** @throws VnfSpecError that names `where` and the reason */
export function checkOverrides(
  reasons: Readonly<Record<string, ReasonSpec>>,
  overrides: ReasonOverrides,
  where: string,
): void {
  for (const [name, { limit, snap, way, interface: link }] of Object.entries(overrides)) {
    const at = `${where}, reason ${name}`;
    const reason = reasons[name];
    if (reason === undefined) {
      const known = Object.keys(reasons).join(', ') || 'none';
      throw new VnfSpecError(at, 'the function has no such reason', `its reasons are ${known}`);
    }
    if (limit !== undefined) parseRate(limit, `${at}, limit`);
    if (snap !== undefined) checkSnap(snap, at);
    if (reason.kind === 'notice') {
      if (snap === undefined && way === undefined && link === undefined) continue;
      const hint = 'leave `snap`, `way` and `interface` out';
      throw new VnfSpecError(at, 'it is a notice, with which no packet goes up', hint);
    }
    if (link !== undefined && (way ?? reason.way) !== 'interface') {
      throw new VnfSpecError(at, `it names interface ${link}, and goes by way of '${way ?? reason.way}'`, HINT_WAY);
    }
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
