// Which bit of the state's generation word is a table's: rule sets first, then classifiers that stand alone.
import type { FunctionPlan, TablePlan } from '@twinpath/vnf/plan';

/** `undefined`: the table has one generation only. */
export function generationIndex(plan: FunctionPlan, table: TablePlan): number | undefined {
  const set = plan.ruleSets.find(({ path }) => path === table.ruleSet);
  if (set !== undefined) return set.generationIndex;
  if (table.kind !== 'classifier') return undefined;
  const alone = plan.tables.filter((other) => other.kind === 'classifier' && other.ruleSet === undefined);
  return plan.ruleSets.length + alone.indexOf(table);
}
