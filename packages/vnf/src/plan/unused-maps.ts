import { VnfSpecError } from '../spec/vnf-spec-error.ts';
import type { FunctionPlan } from './function-plan.ts';

/** Names of the maps of tables that a configuration has no use for. @throws VnfSpecError for one that has to be there */
export function unusedMaps({ tables }: FunctionPlan, paths: readonly string[]): ReadonlySet<string> {
  const names = paths.flatMap((path) => {
    const table = tables.find((one) => one.path === path);
    const isUnkept = table?.spec.kind === 'table' && !table.spec.durable && table.ruleSet === undefined;
    if (table !== undefined && isUnkept) return table.maps.map(({ name }) => name);
    throw new VnfSpecError(
      `unusedTables, ${path}`,
      'no table() of that name stands by itself and is not durable',
      'leave it out',
    );
  });
  return new Set(names);
}
