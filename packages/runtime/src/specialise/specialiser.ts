import { canHaveFront, frontMap, frontShape } from '@twinpath/compiler/abi';
import type { Log } from '@twinpath/vnf';
import type { FunctionPlan, MapPlan, TablePlan } from '@twinpath/vnf/plan';
import type { PlaceProgram } from '../compile/function-compiler.ts';
import type { InstancePlane } from '../instance-plane.ts';
import { finder } from './finder.ts';
import { Front } from './front.ts';
import { type FrontState, HotMap } from './hot-map.ts';

export interface SpecialiserOptions {
  readonly plan: FunctionPlan;
  readonly plane: Pick<InstancePlane, 'maps' | 'hasMap'>;
  readonly log: Log;
}

/** How soon a change of the table, or of the traffic, is seen. */
const TICK_MS = 50;

/** Keeps the hottest entries of one instance's tables in front of them. */
export class Specialiser implements Disposable {
  readonly #options: SpecialiserOptions;
  #hot: readonly HotMap[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SpecialiserOptions) {
    this.#options = options;
  }

  /** By name of the map. */
  get states(): Readonly<Record<string, FrontState>> {
    return Object.fromEntries(this.#hot.map((one) => [one.name, one.state]));
  }

  /** Packets ask the maps, which or whose programs are about to be others, and nobody else puts anything in front of them. */
  suspend(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#hot = [];
    for (const { maps } of this.#tables()) for (const map of maps) this.#front(map);
  }

  /** With the maps that are the plane's now. Nobody but `programs` runs over them. */
  resume(programs: readonly Pick<PlaceProgram, 'writes'>[]): void {
    // The programs run already, and go without.
    this.#orGoWithout(() => {
      this.suspend();
      const written = new Set(programs.flatMap(({ writes }) => writes));
      this.#hot = this.#tables()
        .filter(({ path }) => !written.has(path))
        .flatMap((table) => table.maps)
        .map((plan) => new HotMap({ plan, front: this.#front(plan), find: finder(this.#options.plane.maps, plan) }));
      if (this.#hot.length > 0) this.#timer = setInterval(() => this.#tick(), TICK_MS);
    });
  }

  /** Those that have fronts. */
  #tables(): readonly TablePlan[] {
    const { plan, plane } = this.#options;
    return plan.tables.filter((table) => canHaveFront(table) && table.maps.every((map) => plane.hasMap(frontMap(map))));
  }

  /** Closed. */
  #front(plan: MapPlan): Front {
    const { maps } = this.#options.plane;
    return new Front(maps.memory(frontMap(plan)), frontShape(plan), maps.graceMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const one of this.#hot) one.close();
    this.#hot = [];
  }

  #tick(): void {
    this.#orGoWithout(() => {
      const now = performance.now();
      for (const one of this.#hot) one.tick(now);
    });
  }

  #orGoWithout(task: () => void): void {
    try {
      task();
    } catch (error) {
      this[Symbol.dispose]();
      const text = error instanceof Error ? error.message : String(error);
      this.#options.log.error(`the hottest entries are no longer kept in front of tables: ${text}`);
    }
  }
}
