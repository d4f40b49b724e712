import { countersObject, type InstanceMaps, type LiveTableSet } from '@twinpath/runtime';
import type { Log } from '@twinpath/vnf';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import type { FunctionSpec } from '@twinpath/vnf/spec';
import type { SimulatedClock } from './clock.ts';

interface Configured {
  readonly config: unknown;
  readonly plan: FunctionPlan;
  readonly maps: InstanceMaps;
  readonly tables: LiveTableSet;
  readonly clock: SimulatedClock;
}

/** Runs the author's `configure`, as before the first start. */
export async function configure(spec: FunctionSpec, { config, plan, maps, tables, clock }: Configured): Promise<void> {
  await spec.configure?.({
    config,
    previous: undefined,
    tables: tables.tables,
    counters: countersObject(plan, maps),
    cpus: maps.cpus,
    log: SILENT,
    now: () => clock.now,
  });
}

const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
