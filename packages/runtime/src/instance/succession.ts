// A function that goes on with the maps of another version of it, or of itself in a process that is gone.

import { COUNTERS, classifierMap, EVENTS, LIMITS, STATE } from '@twinpath/compiler/abi';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import { emptyMaps } from '../staging/staged-tables.ts';
import type { InstanceMaps } from '../tables/instance-maps.ts';
import { InstanceState } from '../tables/state.ts';
import { isFull, writeEntries } from '../tables/write-all.ts';
import { type FunctionMarks, functionMarks } from './function-marks.ts';
import { LayoutChangedError } from './layout-changed-error.ts';
import { isKept, Migration } from './migration.ts';

export interface SuccessionOptions {
  readonly plan: FunctionPlan;
  readonly ports: readonly string[];
  /** Those that there are. */
  readonly maps: InstanceMaps & { has(name: string): boolean };
  /** What they are; `undefined`: the same as this function's. */
  readonly was: FunctionMarks | undefined;
  /** Somebody else reads the present ring. */
  readonly freshEvents: boolean;
  readonly seconds: number;
}

export class Succession {
  /** Maps that are not to be taken over as they are. */
  readonly fresh: ReadonlySet<string>;
  readonly #options: SuccessionOptions;
  readonly #migrations: readonly Migration[];
  readonly #view: InstanceMaps;

  /** @throws LayoutChangedError; what an `upgrade` throws */
  constructor(options: SuccessionOptions) {
    const { plan, maps, was, freshEvents, seconds } = options;
    this.#options = options;
    const is = functionMarks(plan);
    this.#migrations = migrationsOf(options, is);
    const fresh = new Set(this.#migrations.flatMap((one) => one.plan.maps.map(({ name }) => name)));
    for (const name of unkept(plan, was, is)) fresh.add(name);
    if (was !== undefined && !isSame(was.counters, is.counters)) fresh.add(COUNTERS);
    if (was !== undefined && !isSame(was.generations, is.generations)) fresh.add(STATE.map);
    if (was !== undefined && !isSame(was.reasons, is.reasons)) for (const name of [EVENTS, LIMITS]) fresh.add(name);
    if (freshEvents) fresh.add(EVENTS);
    this.fresh = fresh;
    const empty = emptyMaps(plan, maps.cpus, seconds);
    this.#view = this.#viewOf(empty);
    this.fill(empty);
    this.#carryGenerations(empty);
  }

  /** What `configure` finds: present tables, migrated ones, and empty ones. */
  get view(): InstanceMaps {
    return this.#view;
  }

  /** Writes migrated tables, and which generation of rule sets counts, into maps that are to take their place. */
  fill(maps: InstanceMaps): void {
    for (const { store, to, migration } of this.#pairs(maps)) {
      const entries = [...migration.entries(store, this.#options.seconds)];
      try {
        writeEntries(to, entries);
      } catch (error) {
        if (!isFull(error)) throw error;
        const { path } = migration.plan;
        const why = `it holds ${entries.length} entries, more than there is room for now`;
        throw new LayoutChangedError(this.#options.plan.name, path, why, 'let its `max` be what it was');
      }
    }
  }

  fillState(maps: InstanceMaps): void {
    if (!this.fresh.has(STATE.map)) return;
    new InstanceState(maps).seconds = this.#options.seconds;
    this.#carryGenerations(maps);
  }

  /** Adds what the programs before have added while the others were made. `before`: the maps that they used. */
  catchUp(maps: InstanceMaps): void {
    for (const { store, to, migration } of this.#pairs(maps)) {
      // Arrays are full from the start.
      if (migration.plan.kind === 'array') continue;
      for (const [key, value] of migration.entries(store, this.#options.seconds)) {
        if (to.lookup(key) === undefined) to.update(key, value, 'any');
      }
    }
  }

  *#pairs(maps: InstanceMaps) {
    const { maps: before } = this.#options;
    for (const migration of this.#migrations) {
      for (const { name } of migration.plan.maps) {
        if (before.has(name)) yield { store: this.#before(name), to: maps.store(name), migration };
      }
    }
  }

  /** Stores of maps that stay open after others have their names. */
  readonly #stores = new Map<string, ReturnType<InstanceMaps['store']>>();

  #before(name: string) {
    const store = this.#stores.get(name) ?? this.#options.maps.store(name);
    this.#stores.set(name, store);
    return store;
  }

  #viewOf(empty: InstanceMaps): InstanceMaps {
    const { maps } = this.#options;
    const at = (name: string) => (maps.has(name) && !this.fresh.has(name) ? maps : empty);
    return {
      cpus: maps.cpus,
      graceMs: maps.graceMs,
      store: (name) => at(name).store(name),
      memory: (name) => at(name).memory(name),
    };
  }

  #carryGenerations(maps: InstanceMaps): void {
    const { was, maps: before, plan } = this.#options;
    if (was === undefined || !before.has(STATE.map)) return;
    const [from, to] = [new InstanceState(before), new InstanceState(maps)];
    functionMarks(plan).generations.forEach((path, index) => {
      const old = was.generations.indexOf(path);
      if (old >= 0) to.setGeneration(index, from.generation(old));
    });
  }
}

function migrationsOf({ plan, was, maps, ports }: SuccessionOptions, is: FunctionMarks): readonly Migration[] {
  return plan.tables.flatMap((table) => {
    const before = was?.tables[table.path];
    const after = is.tables[table.path];
    if (before === undefined || after === undefined || !isKept(table.spec)) return [];
    const mapsAre = table.maps.every(({ name }) => maps.has(name));
    if (JSON.stringify(before) === JSON.stringify(after) && mapsAre) return [];
    const options = { functionName: plan.name, plan: table, was: before, is: after, cpus: maps.cpus, ports };
    return [new Migration(options, table.spec)];
  });
}

/** Maps of classifiers and tallies whose layout has changed. */
function unkept({ tables }: FunctionPlan, was: FunctionMarks | undefined, is: FunctionMarks): readonly string[] {
  return tables.flatMap((table) => {
    const before = was?.tables[table.path];
    if (before === undefined || isKept(table.spec)) return [];
    if (JSON.stringify(before) === JSON.stringify(is.tables[table.path])) return [];
    if (table.kind === 'classifier') return [classifierMap(table, 0), classifierMap(table, 1)];
    return [...table.maps, ...(table.overflow === undefined ? [] : [table.overflow])].map(({ name }) => name);
  });
}

const isSame = (a: readonly string[], b: readonly string[]): boolean => JSON.stringify(a) === JSON.stringify(b);
