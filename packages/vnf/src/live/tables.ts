// Tables of a running instance: the slow path's side of what is declared.

import type { liveFace } from '../faces.ts';
import type { ArrayTable } from '../tables/array.ts';
import type { Classifier } from '../tables/classifier.ts';
import type { Lpm } from '../tables/lpm.ts';
import type { Table } from '../tables/table.ts';
import type { TrafficTotals } from '../types/traffic.ts';
import type { KeyShape, NewPlain, Plain, PlainRecord, Shape } from '../types/type.ts';

/** Reads are exact snapshots of one entry. Iterating reads many entries with one system call; it sees every entry that exists
 *  throughout, and none twice, whoever writes meanwhile. `for await` does it over many turns of the event loop. */
export interface LiveTable<K extends KeyShape, V extends Shape>
  extends Iterable<[Plain<K>, PlainRecord<V>]>,
    AsyncIterable<[Plain<K>, PlainRecord<V>]> {
  readonly size: number;
  get(key: Plain<K>): PlainRecord<V> | undefined;
  /** @throws TableFullError */
  set(key: Plain<K>, value: NewPlain<V>): void;
  /** Changes the named fields of an entry that exists. `false`: there is none. */
  update(key: Plain<K>, fields: Partial<PlainRecord<V>>): boolean;
  delete(key: Plain<K>): boolean;
  /** Adds or replaces, thousands with one system call; not atomic. @throws TableFullError: those before stay written. */
  setMany(entries: Iterable<readonly [Plain<K>, NewPlain<V>]>): void;
  /** How many were there. */
  deleteMany(keys: Iterable<Plain<K>>): number;
  /** How many went. In batches; the fast path goes on meanwhile. */
  deleteWhere(test: (key: Plain<K>, value: PlainRecord<V>) => boolean): number;
  /** `deleteWhere` of a large table, over many turns of the event loop, so that packets for the slow path are answered meanwhile. Entries that
   *  come meanwhile may stay. */
  sweep(test: (key: Plain<K>, value: PlainRecord<V>) => boolean): Promise<number>;
  /** Old contents out, new contents in, in one step as the packets see it. */
  replace(entries: Iterable<readonly [Plain<K>, NewPlain<V>]>): void;
  /** Called with entries that a timeout removed. */
  onExpired(handler: (key: Plain<K>, value: PlainRecord<V>) => void): void;
  /** Called with what is there now, `undefined` for nothing, when somebody else has changed an entry: the fast path by adding,
   *  replacing or removing it (only where the table declares `tellChanges`), a new configuration, or a timeout. */
  onChange(handler: (key: Plain<K>, value: PlainRecord<V> | undefined) => void): void;
}
export interface LiveArray<V extends Shape> extends Iterable<[number, PlainRecord<V>]> {
  get(index: number): PlainRecord<V> | undefined;
  set(index: number, value: NewPlain<V>): void;
  /** Per-CPU arrays: the copy of one CPU. */
  setOn(cpu: number, index: number, value: NewPlain<V>): void;
  replace(values: Iterable<NewPlain<V>>): void;
}
export interface LiveClassifier<K extends Shape, V extends Shape> extends Iterable<[RuleMatch<K>, PlainRecord<V>]> {
  replace(rules: Iterable<readonly [RuleMatch<K>, NewPlain<V>]>): void;
  /** Packets that rule `number` decided since it was last changed. */
  hits(number: number): number;
}
export type RuleMatch<K> = { readonly [F in keyof K]?: Plain<K[F]> | undefined };
export interface LiveTally<L extends Shape> extends Iterable<[PlainRecord<L>, TrafficTotals]> {
  clear(): void;
}

/** What `replace` takes, for a table or a rule set: the return type of a function that works out the contents. */
export type Contents<T> = T extends Table<infer K, infer V> | Lpm<infer K, infer V>
  ? Iterable<readonly [Plain<K>, NewPlain<V>]>
  : T extends ArrayTable<infer V>
    ? Iterable<NewPlain<V>>
    : T extends Classifier<infer K, infer V>
      ? Iterable<readonly [RuleMatch<K>, NewPlain<V>]>
      : { readonly [K in keyof T as K extends string ? K : never]?: Contents<T[K]> };
/** Tables that `contents` does not name keep theirs. */
export type LiveRuleSet<T> = LiveTables<T> & { replace(contents: Contents<T>): void };
export type LiveTables<T> = {
  readonly [K in keyof T]: T[K] extends { readonly [liveFace]?: infer L } ? NonNullable<L> : never;
};
