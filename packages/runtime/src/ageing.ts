import type { MapStore } from '@twinpath/compiler';
import type { IdlePlan } from '@twinpath/vnf/plan';
import { isBatchStore } from './tables/instance-maps.ts';
import type { KeyedTable } from './tables/keyed-table.ts';

/** Entries between two looks at the clock. */
const SLICE = 512;
/** Milliseconds of one turn of the event loop. */
const TURN_MS = 10;

/** Removes entries whose time is over, a little at a time. */
export class Ageing {
  readonly #tables: readonly KeyedTable[];
  readonly #failed: (error: unknown) => void;
  /** By path of the table, in place of what it declares. */
  idle: ReadonlyMap<string, IdlePlan> = new Map();
  #sweep: Generator<void> | undefined;
  #turn: NodeJS.Immediate | undefined;

  /** `failed`: what a table or an `onExpired` handler threw. */
  constructor(tables: Iterable<KeyedTable>, failed: (error: unknown) => void) {
    this.#tables = [...tables].filter(
      ({ codec: { plan } }) => plan.idle !== undefined || plan.timeoutSeconds !== undefined,
    );
    this.#failed = failed;
  }

  /** Begins to look through all tables, unless the last look is not over. `seconds`: the instance's clock. */
  tick(seconds: number): void {
    if (this.#sweep !== undefined || this.#tables.length === 0) return;
    this.#sweep = this.#sweepAll(seconds);
    this.#continue();
  }

  /** Looks through all tables at once. */
  run(seconds: number): void {
    for (const _ of this.#sweepAll(seconds));
  }

  stop(): void {
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    this.#sweep = undefined;
  }

  #continue(): void {
    const until = performance.now() + TURN_MS;
    try {
      while (this.#sweep !== undefined && performance.now() < until) {
        if (this.#sweep.next().done === true) this.#sweep = undefined;
      }
    } catch (error) {
      this.#sweep = undefined;
      this.#failed(error);
    }
    if (this.#sweep !== undefined) this.#turn = setImmediate(() => this.#continue());
  }

  *#sweepAll(seconds: number): Generator<void> {
    for (const table of this.#tables) {
      for (const [place, store] of table.stores.entries()) yield* this.#sweepMap(table, place, store, seconds);
    }
  }

  *#sweepMap(table: KeyedTable, place: number, store: MapStore, seconds: number): Generator<void> {
    let doomed: Uint8Array[] = [];
    let seen = 0;
    for (const [key, value] of store.entries()) {
      if (this.#isOver(table, value, seconds)) doomed.push(key);
      seen++;
      if (seen % SLICE !== 0) continue;
      this.#remove(table, place, store, doomed, seconds);
      doomed = [];
      yield;
    }
    this.#remove(table, place, store, doomed, seconds);
  }

  #remove(table: KeyedTable, place: number, store: MapStore, keys: readonly Uint8Array[], seconds: number): void {
    const gone: (readonly [Uint8Array, Uint8Array])[] = [];
    for (const key of keys) {
      const value = this.#takeOver(table, store, key, seconds);
      if (value !== undefined) gone.push([key, value]);
    }
    for (const [key, value] of gone) {
      try {
        table.notifyExpired(place, key, value);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  /** What the entry held, if it is gone: the fast path may use it at any moment, or give its key to another flow. */
  #takeOver(table: KeyedTable, store: MapStore, key: Uint8Array, seconds: number): Uint8Array | undefined {
    const seen = store.lookup(key);
    if (seen === undefined || !this.#isOver(table, seen, seconds)) return undefined;
    if (!isBatchStore(store)) return store.delete(key) ? seen : undefined;
    const taken = store.take(key);
    if (taken === undefined || this.#isOver(table, taken, seconds)) return taken;
    try {
      store.update(key, taken, 'new');
    } catch (error) {
      if (!isThere(error)) throw error;
    }
    return undefined;
  }

  /** More than its time, because stamps are whole seconds: never early. */
  #isOver({ codec }: KeyedTable, value: Uint8Array, now: number): boolean {
    const { path, timeoutSeconds, hidden } = codec.plan;
    const age = (offset: number) => now - codec.stampOf(value, offset);
    if (timeoutSeconds !== undefined && hidden.written !== undefined && age(hidden.written) > timeoutSeconds)
      return true;
    const idle = this.idle.get(path) ?? codec.plan.idle;
    if (idle === undefined || hidden.touched === undefined) return false;
    const seconds = idle.by === 'all' ? idle.seconds : idle.seconds[value[idle.offset] ?? 0];
    return seconds !== undefined && age(hidden.touched) > seconds;
  }
}

const isThere = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';
