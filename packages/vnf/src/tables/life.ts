import type { kind } from '../faces.ts';
import type { Duration } from '../functions/duration.ts';
import type { Rate } from '../functions/rate.ts';
import type { Notice } from '../reasons/reasons.ts';
import type { MigrationSpec } from '../spec/specs.ts';
import type { NewPlain, Plain, PlainRecord, Shape } from '../types/type.ts';

/** How long entries live and what happens at the limits. */
export interface TableLife<V> {
  /** Most entries; per family where the key holds an `ip`. */
  readonly max: number;
  /** `refuse` (default): inserting fails. `evict`: the least recently used entry goes. An event (a notice without metadata):
   *  refuse, and tell. Always counted. */
  readonly whenFull?: 'refuse' | 'evict' | Notice<Shape>;
  /** Removed when not looked up for so long (to 1 s), or by the value of an enumeration field. Kept by a stamp that
   *  `lookup` writes; the fast path reads no clock. `peek` does not refresh. */
  readonly idleTimeout?: Duration | IdleByField<V>;
  /** Removed so long after it was written, used or not. */
  readonly timeout?: Duration;
  /** Tells the slow path (`onChange`) of entries that the fast path adds, replaces or removes: at most so many a second, beyond
   *  that it is not told, but counted. Costs the fast path an event where it writes, and nothing where it only looks. */
  readonly tellChanges?: Rate;
  /** One copy of every value for each CPU: no locks, no atomics. Node reads and writes the copies apart. */
  readonly perCpu?: boolean;
  /** Saved regularly and at the end, and restored after a reboot. Every table survives a process that is killed, durable or not. */
  readonly durable?: boolean;
  /** Raise it when the shape changes; default 1. */
  readonly layoutVersion?: number;
  /** How entries of older versions become today's. Without one, a function whose layout has changed is refused. */
  readonly migrate?: readonly Migration<NoInfer<V>>[];
}
export type IdleByField<V> = {
  readonly [F in keyof V]?: Plain<V[F]> extends string ? Readonly<Record<Plain<V[F]>, Duration>> : never;
};

export interface Migration<V> extends MigrationSpec {
  readonly [kind]?: V;
}

/** One step from the layout of version `from`, whose values had the shape `was`. `undefined` drops the entry. */
export function migration<const Old extends Shape, const V extends Shape>(step: {
  from: number;
  was: Old;
  becomes: V;
  upgrade(old: PlainRecord<Old>): NewPlain<V> | undefined;
}): Migration<V> {
  const { from, was, becomes } = step;
  return Object.freeze({
    kind: 'migration',
    from,
    was,
    becomes,
    upgrade: (old: PlainRecord<Old>) => step.upgrade(old),
  });
}

/** What every table may leave out. */
export function keptOf({
  durable = false,
  layoutVersion = 1,
  migrate = [],
}: {
  readonly durable?: boolean;
  readonly layoutVersion?: number;
  readonly migrate?: readonly MigrationSpec[];
}) {
  return { durable, layoutVersion, migrate: Object.freeze([...migrate]) };
}
