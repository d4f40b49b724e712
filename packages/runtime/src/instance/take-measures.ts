import type { FunctionPlan, TablePlan } from '@twinpath/vnf/plan';
import type { FunctionSpec } from '@twinpath/vnf/spec';
import type { ChangeTimes, FunctionMeasures, RuleMeasure, TableMeasure, TallyMeasure } from '../chain/measures.ts';
import { ClassifierTable } from '../tables/classifier-table.ts';
import type { InstanceMaps } from '../tables/instance-maps.ts';
import { KeyedTable } from '../tables/keyed-table.ts';
import type { LiveTableSet } from '../tables/live-tables.ts';
import { eachInSlices } from '../tables/slices.ts';
import { TallyTable } from '../tables/tally-table.ts';
import { tableAt } from './table-entries.ts';

export interface MeasureSources {
  readonly plan: FunctionPlan;
  readonly spec: Pick<FunctionSpec, 'namesOfRules' | 'unusedTables'>;
  readonly tables: LiveTableSet;
  readonly maps: InstanceMaps;
  readonly config: unknown;
  readonly lastChange: ChangeTimes;
  readonly fronts: FunctionMeasures['fronts'];
}

/** Entries above which a count is used again for a while. */
const LARGE = 16_384;
const LARGE_FOR_MS = 30_000;

type Names = Readonly<Record<string, readonly string[]>>;

interface Count {
  readonly entries: number;
  readonly at: number;
}

/** Of one instance. */
export class Measures {
  readonly #counts = new Map<string, Count>();
  #names: { readonly config: unknown; readonly of: Names } | undefined;

  async take({ plan, spec, tables, maps, config, lastChange, fronts }: MeasureSources): Promise<FunctionMeasures> {
    const filled: Record<string, TableMeasure> = {};
    const rules: Record<string, readonly RuleMeasure[]> = {};
    const tallies: Record<string, readonly TallyMeasure[]> = {};
    const unused = new Set(spec.unusedTables?.(config));
    for (const table of plan.tables) {
      const { path } = table;
      if (unused.has(path)) continue;
      const live = tableAt(tables, path);
      if (live instanceof ClassifierTable) {
        filled[path] = { entries: live.rules.length, max: table.spec.max };
        rules[path] = byName(live.allHits(), this.#namesOf(spec, config)[path]);
      } else if (live instanceof TallyTable) {
        const totals = [...live].map(([labels, traffic]) => ({ labels: textsOf(labels), ...traffic }));
        filled[path] = { entries: totals.length, max: maxOf(table) };
        tallies[path] = totals;
      } else if (live instanceof KeyedTable) {
        filled[path] = { entries: await this.#count(path, live), max: maxOf(table) };
      }
    }
    return { tables: filled, rules, tallies, mapBytes: maps.memoryBytes?.() ?? 0, lastChange, fronts };
  }

  /** Made once for each configuration. */
  #namesOf({ namesOfRules }: MeasureSources['spec'], config: unknown): Names {
    if (this.#names === undefined || this.#names.config !== config)
      this.#names = { config, of: namesOfRules?.(config) ?? {} };
    return this.#names.of;
  }

  async #count(path: string, table: KeyedTable): Promise<number> {
    const before = this.#counts.get(path);
    const now = performance.now();
    if (before !== undefined && before.entries > LARGE && now - before.at < LARGE_FOR_MS) return before.entries;
    let entries = 0;
    const count = () => {
      entries++;
    };
    for (const store of table.stores) await eachInSlices(store.entries(), count);
    this.#counts.set(path, { entries, at: now });
    return entries;
  }
}

/** Of one generation. */
const maxOf = ({ maps }: TablePlan): number =>
  maps.filter(({ generation = 0 }) => generation === 0).reduce((sum, { maxEntries }) => sum + maxEntries, 0);

/** Entries of one name are one rule. Without names they are called by their numbers. */
function byName(hits: readonly number[], names: readonly string[] | undefined): readonly RuleMeasure[] {
  const sums = new Map<string, number>();
  for (const [number, packets] of hits.entries()) {
    const name = names?.[number] ?? String(number);
    sums.set(name, (sums.get(name) ?? 0) + packets);
  }
  return [...sums].map(([name, packets]) => ({ name, packets }));
}

function textsOf(labels: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(Object(labels)).map(([name, value]) => [name, String(value)]));
}
