// What is worse than what was recorded, beyond noise.
import type { Contender, Metric, Ratio, Result } from '../result.ts';

export interface Loss {
  readonly scenario: string;
  readonly what: string;
  readonly was: number;
  readonly is: number;
}

type Measured = Pick<Result, 'scenario' | 'contenders'> & Partial<Pick<Result, 'ratios'>>;

/** Counts of instructions and steps have no unit and no noise; a compiler may trade a few for something else. */
const FIXED_SLACK = 1.02;

/** Metrics without a unit, by contender; contenders and metrics that were not recorded are new and lose nothing. */
export function fixedLosses(was: Measured, is: Measured): readonly Loss[] {
  const before = new Map(was.contenders.map((contender) => [contender.name, contender]));
  return is.contenders.flatMap((contender) =>
    fixedMetrics(contender).flatMap(([label, { median }]) => {
      const old = before.get(contender.name)?.metrics[label];
      if (old === undefined || median <= old.median * FIXED_SLACK) return [];
      return [{ scenario: is.scenario, what: `${contender.name}, ${label}`, was: old.median, is: median }];
    }),
  );
}

const fixedMetrics = ({ metrics }: Contender) => Object.entries(metrics).filter(([, { unit }]) => unit === '');

/** A ratio is worse when not even its best round comes near the worst that was recorded. */
export function ratioLosses(was: Result, is: Result): readonly Loss[] {
  const before = new Map(was.ratios.map((ratio) => [ratio.name, ratio]));
  return is.ratios.flatMap((ratio) => {
    const old = before.get(ratio.name);
    if (old === undefined || !isWorse(old, ratio, isHigherBetter(unitOf(is, ratio)))) return [];
    return [{ scenario: is.scenario, what: `ratio ${ratio.name}`, was: old.median, is: ratio.median }];
  });
}

const isWorse = (was: Ratio, is: Ratio, higher: boolean) => (higher ? is.max < was.min : is.min > was.max);

function unitOf({ contenders }: Result, { of, metric }: Ratio): Metric['unit'] {
  return contenders.find(({ name }) => name === of)?.metrics[metric]?.unit ?? '';
}

/** Rates are better when they are higher; times, sizes and shares of loss are not. */
const isHigherBetter = (unit: string) => /\/s$|pps$/.test(unit);
