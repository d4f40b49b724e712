import { classifierMap } from '@twinpath/compiler/abi';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import { fixedSizeClasses, LiveElements, type SizeClasses } from './classifier-table.ts';
import { LiveSwitch } from './generation-switch.ts';
import type { InstanceMaps } from './instance-maps.ts';
import { LiveTableSet } from './live-tables.ts';
import { InstanceState } from './state.ts';

export interface RunningTablesOptions {
  /** The function's ports in order of their index. */
  readonly ports?: readonly string[];
  /** What the programs were made for. */
  readonly sizeClasses?: SizeClasses;
  /** The maps are not new, and packets see what they hold. */
  readonly adopted?: boolean;
}

/** Tables over maps that programs use: every change is seen by the next packet. */
export function runningTables(
  plan: FunctionPlan,
  maps: InstanceMaps,
  { ports = [], sizeClasses = fixedSizeClasses(), adopted = false }: RunningTablesOptions = {},
): LiveTableSet {
  const state = new InstanceState(maps);
  const tables = new LiveTableSet(plan, {
    maps,
    state,
    ports,
    generations: (index) => new LiveSwitch(state, index, maps.graceMs),
    elements: (table) => new LiveElements(table, maps, sizeClasses),
    rules: () => undefined,
  });
  if (adopted) return tables;
  for (const [path, classifier] of tables.classifiers) {
    const map = classifierMap(classifier.plan, classifier.generation);
    classifier.prime(maps.memory(map), sizeClasses.get(path));
  }
  return tables;
}
