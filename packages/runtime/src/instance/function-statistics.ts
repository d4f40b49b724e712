import type { FunctionPlan } from '@twinpath/vnf/plan';
import type { FunctionStatistics, ProgramStatistics, SlowPathStatistics } from '../chain/statistics.ts';
import type { LoadedProgram } from '../data-plane.ts';

export interface StatisticsSources {
  readonly name: string;
  readonly plan: FunctionPlan;
  /** By the plan's names of their slots. */
  readonly values: ReadonlyMap<string, number>;
  readonly programs: readonly LoadedProgram[];
  readonly slowPath: SlowPathStatistics;
}

export function functionStatistics({ name, plan, values, programs, slowPath }: StatisticsSources): FunctionStatistics {
  const value = (slot: string) => values.get(slot) ?? 0;
  const startingWith = (prefix: string) =>
    [...values]
      .filter(([slot]) => slot.startsWith(prefix))
      .map(([slot, sum]) => [slot.slice(prefix.length), sum] as const);
  const reasons = plan.reasons.map((reason) => {
    const slot = `reason ${reason.name}`;
    const [overLimit, lost, absent] = ['over limit', 'lost', 'absent'].map((what) => value(`${slot} ${what}`));
    const numbers = { up: value(slot), overLimit: overLimit ?? 0, lost: lost ?? 0, absent: absent ?? 0 };
    return [reason.name, numbers] as const;
  });
  return {
    name,
    packets: value('packets'),
    verdicts: Object.fromEntries(startingWith('verdict ')),
    reasons: Object.fromEntries(reasons),
    tablesFull: Object.fromEntries(plan.tables.map(({ path }) => [path, value(`table ${path} full`)])),
    counters: Object.fromEntries(startingWith('count ')),
    programs: programs.map(programStatistics),
    slowPath,
  };
}

function programStatistics(program: LoadedProgram): ProgramStatistics {
  const { choice, name, id } = program;
  const { runs, ns } = program.runTime();
  return { hook: choice.hook, name, id, runs, nsPerRun: runs === 0 ? 0 : ns / runs };
}
