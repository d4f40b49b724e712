// The maps of a function: those of its tables, and those that every instance has (abi/state.ts).

import { SIZE_CLASSES, type SizeClass } from '@twinpath/classifier';
import type { MapSpec } from '@twinpath/ebpf';
import type { FunctionPlan, MapPlan, TablePlan } from '@twinpath/vnf/plan';
import { classifierMaps } from './abi/classifier.ts';
import { cpuMap } from './abi/cpus.ts';
import { EVENT, MAX_CAPTURE, MAX_METADATA, MAX_UNCUT_CAPTURE } from './abi/event.ts';
import { frontSpec } from './abi/front.ts';
import { HOPS_MAP } from './abi/hops.ts';
import { listenerMaps } from './abi/listeners.ts';
import { portMaps } from './abi/ports.ts';
import { socketMaps } from './abi/sockets.ts';
import { CAPTURE, COUNTED, COUNTERS, EVENTS, LIMITS, SCRATCH, STATE } from './abi/state.ts';
import { TRIPS_MAP } from './abi/trips.ts';

/** Size of the ring buffer in bytes, a power of two. */
export const DEFAULT_EVENT_BYTES = 1 << 20;

export interface MapOptions {
  /** How much room each classifier has, by its path; the smallest class where none is named. */
  readonly classifiers?: ReadonlyMap<string, SizeClass>;
  /** Default: the largest backlog of its reasons, or 1 MiB. A power of two, at least a page. */
  readonly eventBytes?: number;
  /** Numbers of CPUs that run tc programs, from 0; default 1. What another one hands up is lost, and counted. */
  readonly cpus?: number;
  /** Paths of tables that have a front (abi/front.ts); default: none. */
  readonly specialise?: readonly string[];
  /** The function hands packets to other CPUs (`mapNeeds`); default: it does not. */
  readonly isSpreading?: boolean;
  /** The function asks the kernel's routes (`mapNeeds`); default: it does not. */
  readonly isRouting?: boolean;
}

export function planMaps(plan: FunctionPlan, options: MapOptions = {}): readonly MapSpec[] {
  const { eventBytes = eventBytesOf(plan), cpus = 1, isSpreading = false, isRouting = false } = options;
  const carriesPackets = plan.reasons.some(({ kind }) => kind !== 'notice');
  return [
    ...plan.tables.flatMap((table) => tableMaps(table, options)),
    perCpu(COUNTERS, 8 * plan.counters.slots.length, Object.keys(COUNTED).length),
    { name: STATE.map, type: 'array', keySize: 4, valueSize: STATE.size, maxEntries: 1, flags: ['mmapable'] },
    { name: EVENTS, type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: eventBytes },
    // One event is put together there; its metadata and the packet behind it.
    perCpu(SCRATCH, EVENT.header + MAX_METADATA + MAX_CAPTURE),
    ...(carriesPackets ? [capture(cpus), TRIPS_MAP] : []),
    // Each reason's virtual time (ITU-T I.371).
    perCpu(LIMITS, 8 * Math.max(1, plan.reasons.length)),
    ...portMaps(plan),
    ...socketMaps(plan),
    ...listenerMaps(plan),
    ...(isSpreading ? [cpuMap(cpus)] : []),
    ...(isRouting ? [HOPS_MAP] : []),
  ];
}

function eventBytesOf({ reasons }: FunctionPlan): number {
  const wanted = reasons.flatMap(({ backlog }) => (backlog === undefined ? [] : [backlog]));
  return wanted.length === 0 ? DEFAULT_EVENT_BYTES : Math.max(...wanted);
}

function tableMaps(table: TablePlan, { classifiers, specialise = [] }: MapOptions): readonly MapSpec[] {
  if (table.kind === 'classifier') {
    const sizeClass = classifiers?.get(table.path) ?? SIZE_CLASSES[0];
    if (sizeClass === undefined) throw new Error('there is a smallest class');
    return classifierMaps(table, sizeClass);
  }
  const lock = table.value.fields.find(({ type }) => type.kind === 'guard')?.offset;
  const overflow = table.overflow === undefined ? [] : [table.overflow];
  const fronts = specialise.includes(table.path) ? table.maps.map(frontSpec) : [];
  return [...[...table.maps, ...overflow].map((map) => tableMap(map, lock)), ...fronts];
}

function tableMap({ name, type, key, valueSize, maxEntries }: MapPlan, lockOffset: number | undefined): MapSpec {
  const lock = lockOffset === undefined ? {} : { lockOffset };
  const spec: MapSpec = { name, type, keySize: key.size, valueSize, maxEntries, ...lock };
  // The kernel makes tries no other way.
  return type === 'lpm-trie' ? { ...spec, flags: ['no-prealloc'] } : spec;
}

/** A per-CPU value has 32 KiB at most. */
function capture(maxEntries: number): MapSpec {
  const valueSize = EVENT.header + MAX_METADATA + MAX_UNCUT_CAPTURE;
  return { name: CAPTURE, type: 'array', keySize: 4, valueSize, maxEntries };
}

function perCpu(name: string, valueSize: number, maxEntries = 1): MapSpec {
  return { name, type: 'percpu-array', keySize: 4, valueSize, maxEntries };
}
