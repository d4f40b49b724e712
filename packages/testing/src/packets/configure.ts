import { countersObject, type InstanceMaps, type LiveTableSet } from '@twinpath/runtime';
import type { Log } from '@twinpath/vnf';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import type { FunctionSpec } from '@twinpath/vnf/spec';
import type { SimulatedClock } from './clock.ts';
import type { AnyTestCase } from './test-case.ts';

/** The case's configuration, or the defaults, as the schema gives it. @throws Error with what is wrong in which field */
export async function configOf({ config: schema, name }: FunctionSpec, { config }: AnyTestCase): Promise<unknown> {
  if (schema === undefined) return {};
  const { error, data } = await schema.safeParseAsync(config ?? {});
  if (error === undefined) return data;
  const issues = error.issues.map(({ path, message }) => `  ${path.join('.') || 'the whole'}: ${message}`);
  const whose = config === undefined ? 'has no defaults for all of its configuration: give config' : 'refuses config';
  throw new Error(`${name} ${whose}\n${issues.join('\n')}`);
}

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
