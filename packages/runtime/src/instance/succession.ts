// A function that goes on with the tables of another version of it, or of itself in a process that is gone, or before a reboot.

import { COUNTERS, classifierMap, EVENTS, LIMITS, STATE } from '@twinpath/compiler/abi';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import { emptyMaps } from '../staging/staged-tables.ts';
import { type InstanceMaps, keyText, type StoredEntry } from '../tables/instance-maps.ts';
import { InstanceState } from '../tables/state.ts';
import { isFull, writeEntries } from '../tables/write-all.ts';
import { type FunctionMarks, functionMarks } from './function-marks.ts';
import { LayoutChangedError } from './layout-changed-error.ts';
import { isKept, Migration } from './migration.ts';

/** What one map holds. */
export interface Held {
  entries(): Iterable<StoredEntry>;
}

/** Maps that may be gone on with as they are. */
export type PresentMaps = InstanceMaps & { has(name: string): boolean };

export interface SuccessionOptions {
  readonly plan: FunctionPlan;
  readonly ports: readonly string[];
  readonly cpus: number;
  /** By the name of its map, what each table holds. */
  readonly before: ReadonlyMap<string, Held>;
  /** What these entries are; `undefined`: the same as this function's. */
  readonly was: FunctionMarks | undefined;
  /** `undefined`: there are only the entries. */
  readonly present: PresentMaps | undefined;
  /** Somebody else reads the present ring. */
  readonly freshEvents: boolean;
  /** The instance's clock. */
  readonly seconds: number;
}

export class Succession {
  /** Maps that are not to be taken over as they are. */
  readonly fresh: ReadonlySet<string>;
  /** What `configure` finds: present tables, those that were carried over, and empty ones. */
  readonly view: InstanceMaps;
  readonly #options: SuccessionOptions;
  readonly #migrations: readonly Migration[];
  /** Keys by map, as they were carried over. */
  readonly #carried = new Map<string, ReadonlySet<string>>();

  /** @throws LayoutChangedError; what an `upgrade` throws */
  constructor(options: SuccessionOptions) {
    const { plan, cpus, seconds } = options;
    const is = functionMarks(plan);
    this.#options = options;
    this.#migrations = migrationsOf(options, is);
    const migrated = this.#migrations.flatMap((one) => one.plan.maps.map(({ name }) => name));
    this.fresh = new Set([...migrated, ...changed(options, is)]);
    const carried = emptyMaps(plan, cpus, seconds);
    this.fill(carried);
    this.view = this.#viewOf(carried);
  }

  /** Writes what is carried over into maps that are to take the place of those before. */
  fill(maps: InstanceMaps): void {
    for (const { name, store, to, migration } of this.#pairs(maps)) {
      const entries = [...migration.entries(store, this.#options.seconds)];
      this.#carried.set(name, new Set(entries.map(([key]) => keyText(key))));
      try {
        writeEntries(to, entries);
      } catch (error) {
        if (!isFull(error)) throw error;
        const why = `it holds ${entries.length} entries, more than there is room for now`;
        throw new LayoutChangedError(this.#options.plan.name, migration.plan.path, why, 'let its `max` be what it was');
      }
    }
    if (this.fresh.has(STATE.map)) this.#carryGenerations(maps);
  }

  /** Adds what the programs before have added while the others were made. */
  catchUp(maps: InstanceMaps): void {
    if (this.#options.present === undefined) return;
    for (const { name, store, to, migration } of this.#pairs(maps)) {
      // Arrays are full from the start.
      if (migration.plan.kind === 'array') continue;
      const known = this.#carried.get(name);
      for (const [key, value] of migration.entries(store, this.#options.seconds)) {
        // What `configure` has taken away stays away.
        if (known?.has(keyText(key)) !== true && to.lookup(key) === undefined) to.update(key, value, 'any');
      }
    }
  }

  *#pairs(maps: InstanceMaps) {
    for (const migration of this.#migrations) {
      for (const { name } of migration.plan.maps) {
        const store = this.#options.before.get(name);
        if (store !== undefined) yield { name, store, to: maps.store(name), migration };
      }
    }
  }

  #viewOf(carried: InstanceMaps): InstanceMaps {
    const { present } = this.#options;
    if (present === undefined) return carried;
    const at = (name: string) => (present.has(name) && !this.fresh.has(name) ? present : carried);
    return {
      cpus: present.cpus,
      graceMs: present.graceMs,
      store: (name) => at(name).store(name),
      memory: (name) => at(name).memory(name),
    };
  }

  /** Each rule set and classifier goes on with the generation that packets see. */
  #carryGenerations(maps: InstanceMaps): void {
    const { was, present, plan, seconds } = this.#options;
    const to = new InstanceState(maps);
    to.seconds = seconds;
    if (was === undefined || present?.has(STATE.map) !== true) return;
    const from = new InstanceState(present);
    functionMarks(plan).generations.forEach((path, index) => {
      const old = was.generations.indexOf(path);
      if (old >= 0) to.setGeneration(index, from.generation(old));
    });
  }
}

function migrationsOf(options: SuccessionOptions, is: FunctionMarks): readonly Migration[] {
  const { plan, was, present, cpus, ports } = options;
  return plan.tables.flatMap((table) => {
    const [before, after] = [was?.tables[table.path], is.tables[table.path]];
    if (before === undefined || after === undefined || !isKept(table.spec)) return [];
    const isThere = present !== undefined && table.maps.every(({ name }) => present.has(name));
    if (isThere && JSON.stringify(before) === JSON.stringify(after)) return [];
    return [new Migration({ functionName: plan.name, plan: table, was: before, is: after, cpus, ports }, table.spec)];
  });
}

/** Maps that mean something else than before, and hold nothing that is carried over. */
function changed({ plan, was, freshEvents }: SuccessionOptions, is: FunctionMarks): readonly string[] {
  const events = freshEvents ? [EVENTS] : [];
  if (was === undefined) return events;
  return [
    ...events,
    ...(isSame(was.counters, is.counters) ? [] : [COUNTERS]),
    ...(isSame(was.generations, is.generations) ? [] : [STATE.map]),
    ...(isSame(was.reasons, is.reasons) ? [] : [EVENTS, LIMITS]),
    ...unkept(plan, was, is),
  ];
}

/** Of classifiers and tallies. */
function unkept({ tables }: FunctionPlan, was: FunctionMarks, is: FunctionMarks): readonly string[] {
  return tables.flatMap((table) => {
    const before = was.tables[table.path];
    if (before === undefined || isKept(table.spec)) return [];
    if (JSON.stringify(before) === JSON.stringify(is.tables[table.path])) return [];
    if (table.kind === 'classifier') return [classifierMap(table, 0), classifierMap(table, 1)];
    return [...table.maps, ...(table.overflow === undefined ? [] : [table.overflow])].map(({ name }) => name);
  });
}

const isSame = (a: readonly string[], b: readonly string[]): boolean => JSON.stringify(a) === JSON.stringify(b);
