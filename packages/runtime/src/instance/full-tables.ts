import type { Log } from '@twinpath/vnf';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import { counterValues } from '../tables/counter-values.ts';
import type { InstanceMaps } from '../tables/instance-maps.ts';

/** Between two lines about one table. */
const PERIOD_S = 60;

interface Watched {
  readonly path: string;
  readonly max: number;
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
      .filter(({ kind, whenFull }) => kind === 'table' && whenFull !== 'evict')
      .map(({ path, maps: [map] }) => {
        const slot = `table ${path} full`;
        const said = before.get(slot) ?? 0;
        return { path, max: map?.maxEntries ?? 0, slot, said, saidAt: Number.NEGATIVE_INFINITY };
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
      const what = `table ${table.path} is full: it holds ${table.max} entries`;
      this.#log.warn(`${what}, and ${refused} insertions of the fast path were refused`);
    }
  }
}
