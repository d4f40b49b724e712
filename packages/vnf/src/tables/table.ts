import type { liveFace } from '../faces.ts';
import { parseRate } from '../functions/rate.ts';
import type { LiveTable } from '../live/tables.ts';
import { tableVerb } from '../spec/fast-path-only.ts';
import { SPEC } from '../spec/spec-key.ts';
import type { IdleTimeout, TableSpec } from '../spec/specs.ts';
import type { Fast, FastRecord, KeyShape, NewFast, Shape } from '../types/type.ts';
import { keptOf, type TableLife } from './life.ts';

/** A live entry: reading a field loads from the table, writing it stores into the table. */
export type Ref<V> = FastRecord<V>;

/** Exact match (`BPF_MAP_TYPE_HASH`, `LRU_HASH` with `whenFull: 'evict'`, and the per-CPU forms).
 *  These methods are the fast path's; on Node they throw: live tables come with the instance. */
export interface Table<K extends KeyShape, V extends Shape> {
  /** The entry, refreshed if the table has an idle timeout. `undefined`: no such entry. */
  lookup(key: Fast<K>): Ref<V> | undefined;
  /** The entry, not refreshed. */
  peek(key: Fast<K>): Readonly<Ref<V>> | undefined;
  /** Adds a new entry. `false`: the key exists, or the table is full. Exactly one of two racing CPUs succeeds. */
  insert(key: Fast<K>, value: NewFast<V>): boolean;
  /** Adds or replaces. `false`: the table is full. */
  put(key: Fast<K>, value: NewFast<V>): boolean;
  /** The entry, added first if need be. `undefined`: the table is full. */
  lookupOrInsert(key: Fast<K>, value: NewFast<V>): Ref<V> | undefined;
  /** `false`: there was none. Every entry got from this table before is dead (a compile error to use). */
  remove(key: Fast<K>): boolean;
  readonly [SPEC]: TableSpec;
  readonly [liveFace]?: LiveTable<K, V>;
}

export function table<const K extends KeyShape, const V extends Shape>(
  given: { key: K; value: V } & TableLife<V>,
): Table<K, V> {
  const { key, value, max, whenFull = 'refuse', idleTimeout, timeout, perCpu = false, tellChanges } = given;
  const spec: TableSpec = Object.freeze({
    kind: 'table',
    key,
    value,
    max,
    whenFull: typeof whenFull === 'string' ? whenFull : whenFull[SPEC],
    idleTimeout: idleTimeout satisfies IdleTimeout | undefined,
    timeout,
    perCpu,
    tellPerSecond: tellChanges === undefined ? undefined : parseRate(tellChanges, 'table(), tellChanges'),
    ...keptOf(given),
  });
  return Object.freeze({
    lookup: tableVerb(spec, 'lookup'),
    peek: tableVerb(spec, 'peek'),
    insert: tableVerb(spec, 'insert'),
    put: tableVerb(spec, 'put'),
    lookupOrInsert: tableVerb(spec, 'lookupOrInsert'),
    remove: tableVerb(spec, 'remove'),
    [SPEC]: spec,
  });
}
