import { type ImportedVnf, sends } from '@twinpath/compiler';
import { planFunction } from '@twinpath/vnf/plan';
import type { AnyTableSpec, RuleSetSpec } from '@twinpath/vnf/spec';
import { functionMarks } from './function-marks.ts';
import type { FunctionData } from './instance-handle.ts';

export function functionData(imported: ImportedVnf): FunctionData {
  const { spec } = imported;
  const { config, nameOfDecision, namesOfRules, configure, slowPath, operations, ...data } = spec;
  return {
    ...data,
    tables: Object.fromEntries(Object.entries(data.tables).map(([name, table]) => [name, withoutCode(table)])),
    marks: functionMarks(planFunction(spec)),
    ...sends(imported),
    hasConfig: config !== undefined,
    hasSlowPath: slowPath !== undefined,
    operations: Object.fromEntries(Object.entries(operations).map(([name, { summary }]) => [name, summary])),
  };
}

/** Functions do not go from thread to thread. */
function withoutCode<T extends AnyTableSpec | RuleSetSpec>(table: T): T {
  if (table.kind === 'ruleSet') {
    return {
      ...table,
      tables: Object.fromEntries(Object.entries(table.tables).map(([name, one]) => [name, withoutCode(one)])),
    };
  }
  return 'migrate' in table ? { ...table, migrate: [] } : table;
}
