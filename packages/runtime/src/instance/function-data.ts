import type { FunctionSpec } from '@twinpath/vnf/spec';
import type { FunctionData } from './instance-handle.ts';

export function functionData({ config, configure, slowPath, operations, ...data }: FunctionSpec): FunctionData {
  return {
    ...data,
    hasConfig: config !== undefined,
    hasSlowPath: slowPath !== undefined,
    operations: Object.fromEntries(Object.entries(operations).map(([name, { summary }]) => [name, summary])),
  };
}
