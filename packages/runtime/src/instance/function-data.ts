import { planFunction } from '@twinpath/vnf/plan';
import type { AnyTableSpec, FunctionSpec, RuleSetSpec } from '@twinpath/vnf/spec';
import { functionMarks } from './function-marks.ts';
import type { FunctionData } from './instance-handle.ts';

export function functionData(spec: FunctionSpec, sends: Pick<FunctionData, 'floods' | 'routes'>): FunctionData {
  const { config, nameOfDecision, namesOfRules, idleTimeouts, unusedTables, ...rest } = spec;
  const { configure, slowPath, operations, ...data } = rest;
  return {
    ...data,
    tables: Object.fromEntries(Object.entries(data.tables).map(([name, table]) => [name, withoutCode(table)])),
    marks: functionMarks(planFunction(spec)),
    ...sends,
    hasConfig: config !== undefined,
    hasSlowPath: slowPath !== undefined,
    operations: Object.fromEntries(Object.entries(operations).map(([name, { summary }]) => [name, summary])),
  };
}

/** What the compiler asks of the function itself. */
export function specOfData({
  floods,
  routes,
  hasConfig,
  hasSlowPath,
  marks,
  operations,
  ...spec
}: FunctionData): FunctionSpec {
  return { ...spec, config: undefined, operations: {} };
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
