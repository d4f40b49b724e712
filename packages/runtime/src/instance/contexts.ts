// What an author's code is given: `configure`, `slowPath` and operations.

import type { Duration, Log } from '@twinpath/vnf';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import type { LiveNetwork } from '../network/live-network.ts';
import type { HostPorts } from '../slow-path/live-ports.ts';
import { every } from '../slow-path/periodic.ts';
import { countersObject } from '../tables/counter-values.ts';
import type { InstanceMaps } from '../tables/instance-maps.ts';
import type { LiveTableSet } from '../tables/live-tables.ts';
import type { Clock } from './clock.ts';

export interface ContextSources {
  readonly plan: FunctionPlan;
  readonly ports: HostPorts;
  readonly cpus: number;
  readonly clock: Clock;
  readonly log: Log;
  /** What an author's task threw. */
  failed(error: unknown): void;
}

function parts(options: ContextSources, { tables }: LiveTableSet, maps: InstanceMaps) {
  const { plan, ports, cpus, log, clock } = options;
  return { tables, counters: countersObject(plan, maps), ports, cpus, log, now: clock.ns };
}

export function configureContext(
  options: ContextSources,
  staged: LiveTableSet,
  maps: InstanceMaps,
  configs: { readonly config: unknown; readonly previous: unknown },
): object {
  return { ...parts(options, staged, maps), ...configs };
}

export function instanceContext(
  options: ContextSources,
  tables: LiveTableSet,
  maps: InstanceMaps,
  config: () => unknown,
): object {
  return { ...parts(options, tables, maps), config };
}

export function slowPathContext(
  instance: object,
  { neighbours, routes, sockets }: LiveNetwork,
  { failed }: ContextSources,
  signal: AbortSignal,
): object {
  return {
    ...instance,
    signal,
    neighbours,
    routes,
    sockets,
    every: (period: Duration | (() => number), task: () => unknown) => every(period, task, { signal, failed }),
  };
}
