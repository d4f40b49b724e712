import type { SizeClass } from '@twinpath/classifier';
import { EvaluatorMaps, planMaps } from '@twinpath/compiler/run';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import { NO_ELEMENTS } from '../tables/classifier-table.ts';
import { StagedSwitch } from '../tables/generation-switch.ts';
import { InMemoryMaps } from '../tables/in-memory-maps.ts';
import type { InstanceMaps, StoredEntry } from '../tables/instance-maps.ts';
import { LiveTableSet } from '../tables/live-tables.ts';
import { InstanceState } from '../tables/state.ts';
import { writeThenDelete } from '../tables/write-all.ts';
import { OverlayMaps } from './overlay-maps.ts';

export interface StagingOptions {
  readonly ports: readonly string[];
  /** What packets see now. */
  readonly maps: InstanceMaps;
  /** Tables over them; `undefined`: nothing runs yet. */
  readonly running: LiveTableSet | undefined;
}

/** What is left to do when all that can fail is done. */
export interface Commit {
  /** Shows new generations of rule sets to packets. */
  flip(): void;
  /** Instead of `flip`: makes tables what they were. */
  undo(): void;
}

/** The tables of a function while `configure` works on them: it reads what is there and sees what it writes; nobody else does. */
export class StagedTables {
  readonly live: LiveTableSet;
  readonly #plan: FunctionPlan;
  /** What `configure` sees. */
  readonly maps: OverlayMaps;

  constructor(plan: FunctionPlan, { ports, maps, running }: StagingOptions) {
    const state = new InstanceState(maps);
    this.#plan = plan;
    this.maps = new OverlayMaps(maps, plan);
    this.live = new LiveTableSet(plan, {
      maps: this.maps,
      state,
      ports,
      generations: (index) => new StagedSwitch(state.generation(index)),
      elements: () => NO_ELEMENTS,
      rules: (path) => running?.classifiers.get(path),
    });
  }

  /** What each classifier needs, but at least what it has. Builds the trees. @throws ClassifierError */
  sizeClasses(present: ReadonlyMap<string, SizeClass>): Map<string, SizeClass> {
    const classifiers = [...this.live.classifiers];
    return new Map(classifiers.map(([path, { rules }]) => [path, rules.build(present.get(path)).sizeClass]));
  }

  /** Tells the running tables of what is changed in them, but for rule sets, which change as a whole. */
  notify(running: LiveTableSet): void {
    for (const table of running.keyed.values()) {
      const { plan } = table.codec;
      if (plan.ruleSet !== undefined) continue;
      for (const [place, { name }] of plan.maps.entries()) {
        const changes = this.maps.stores.get(name);
        for (const [key] of changes?.written ?? []) table.notifyStored(place, key);
        for (const key of changes?.deleted ?? []) table.notifyStored(place, key);
      }
    }
  }

  /** Writes all that was changed to the maps that packets see. @throws when a table is full; nothing is changed then. */
  commit(running: LiveTableSet, maps: InstanceMaps): Commit {
    const undone: (() => void)[] = [];
    const undo = () => {
      for (const step of undone.splice(0).reverse()) step();
    };
    try {
      for (const name of this.#plainMaps()) undone.push(this.#commitMap(name, maps));
      const flips = [...this.live.ruleSets]
        .filter(([, ruleSet]) => ruleSet.inPlace)
        .map(([index, ruleSet]) => running.ruleSets.get(index)?.fillFrom(ruleSet));
      const flip = () => {
        for (const one of flips) one?.();
      };
      return { flip, undo };
    } catch (error) {
      undo();
      throw error;
    }
  }

  /** Maps that were touched, but for those of rule sets. */
  #plainMaps(): string[] {
    const switched = new Set(
      this.#plan.tables
        .filter(({ ruleSet }) => ruleSet !== undefined)
        .flatMap(({ maps }) => maps.map(({ name }) => name)),
    );
    return [...this.maps.stores.keys()].filter((name) => !switched.has(name));
  }

  /** What takes it back. */
  #commitMap(name: string, maps: InstanceMaps): () => void {
    const { written, deleted } = this.maps.store(name);
    const store = maps.store(name);
    const before: StoredEntry[] = [];
    const added: Uint8Array[] = [];
    for (const key of [...written.map(([one]) => one), ...deleted]) {
      const value = store.lookup(key);
      if (value === undefined) added.push(key);
      else before.push([key, value]);
    }
    const restore = () => writeThenDelete(store, before, added);
    try {
      writeThenDelete(store, written, deleted);
    } catch (error) {
      restore();
      throw error;
    }
    return restore;
  }
}

/** What a function's maps hold before anything has been written. `seconds`: the instance's clock. */
export function emptyMaps(plan: FunctionPlan, cpus: number, seconds: number): InstanceMaps {
  const maps = new InMemoryMaps(new EvaluatorMaps(planMaps(plan), { cpus }));
  new InstanceState(maps).seconds = seconds;
  return maps;
}
