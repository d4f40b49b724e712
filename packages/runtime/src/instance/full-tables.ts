import type { Log } from '@twinpath/vnf';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import { counterValues } from '../tables/counter-values.ts';
import type { InstanceMaps } from '../tables/instance-maps.ts';

/** Between two lines about one table. */
const PERIOD_S = 60;

interface Watched {
  readonly path: string;
  readonly state: string;
  readonly slot: string;
  /** Refused, as far as it was said. */
  said: number;
  /** Seconds of the instance's clock. */
  saidAt: number;
}

/** Says which tables the fast path found full: at once, and then once a minute for as long as it goes on. */
export class FullTables {
  readonly #plan: FunctionPlan;
  readonly #log: Log;
  readonly #watched: readonly Watched[];

  /** What was counted before, by an instance that is no more, was said before. */
  constructor(plan: FunctionPlan, maps: InstanceMaps, log: Log) {
    this.#plan = plan;
    this.#log = log;
    const before = counterValues(plan, maps);
    this.#watched = plan.tables
      .filter(({ kind }) => kind === 'table')
      .map(({ path, whenFull, maps: [map] }) => {
        const slot = `table ${path} full`;
        const said = before.get(slot) ?? 0;
        const max = map?.maxEntries ?? 0;
        const state =
          whenFull === 'evict' ? `has none to let go of among ${max} entries` : `is full: it holds ${max} entries`;
        return { path, state, slot, said, saidAt: Number.NEGATIVE_INFINITY };
      });
  }

  /** `seconds`: the instance's clock. */
  check(maps: InstanceMaps, seconds: number): void {
    if (this.#watched.length === 0) return;
    const values = counterValues(this.#plan, maps);
    for (const table of this.#watched) {
      const refused = (values.get(table.slot) ?? 0) - table.said;
      if (refused === 0 || seconds - table.saidAt < PERIOD_S) continue;
      table.said += refused;
      table.saidAt = seconds;
      this.#log.warn(`table ${table.path} ${table.state}, and ${refused} insertions of the fast path were refused`);
    }
  }
}
