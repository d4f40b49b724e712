// npm run bench -- guard: what became worse than bench/results, which is committed with the code that it was measured of.
import type { Result } from '../result.ts';
import { recorded } from '../results.ts';
import type { Scenario } from '../scenarios/index.ts';
import { fixedLosses, type Loss, ratioLosses } from './losses.ts';

export interface Guarded {
  /** Scenarios that were compared. */
  readonly scenarios: readonly string[];
  readonly losses: readonly Loss[];
}

/** What no load changes: numbers of instructions, steps of the verifier. For any machine with this kernel. */
export async function guardFixed(scenarios: readonly Scenario[]): Promise<Guarded> {
  return compare(scenarios, async (scenario, was) => {
    const contenders = await scenario.fixed?.();
    return contenders && fixedLosses(was, { scenario: scenario.name, contenders });
  });
}

/** All that was recorded, measured again; on a machine that has nothing else to do. */
export async function guardAll(
  scenarios: readonly Scenario[],
  options: Parameters<Scenario['run']>[0],
): Promise<Guarded> {
  return compare(scenarios, async (scenario, was) => {
    options.progress(`${scenario.name} …`);
    const is = await scenario.run(options);
    return [...fixedLosses(was, is), ...ratioLosses(was, is)];
  });
}

type Compare = (scenario: Scenario, was: Result) => Promise<readonly Loss[] | undefined>;

async function compare(scenarios: readonly Scenario[], lossesOf: Compare): Promise<Guarded> {
  const compared: string[] = [];
  const losses: Loss[] = [];
  for (const was of recorded()) {
    const scenario = scenarios.find(({ name }) => name === was.scenario);
    const found = scenario && (await lossesOf(scenario, was));
    if (found === undefined) continue;
    compared.push(was.scenario);
    losses.push(...found);
  }
  return { scenarios: compared, losses };
}
