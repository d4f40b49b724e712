// One way through the fast path. The front end follows every path on its own and joins paths again where nothing but
// registers differs between them: at the end of statements, calls and conditional expressions.

import type { BlockId, Location, ValueId } from '../ir/types.ts';
import type { Range, Value } from './value.ts';

/** Immutable; instructions are appended to `block` through the builder. */
export interface Path {
  readonly block: BlockId;
  /** The author's variables in sight, by declaration. */
  readonly scope: ReadonlyMap<string, Value>;
  /** What comparisons on this path have proven about registers; narrower than the range in the value. */
  readonly ranges: ReadonlyMap<ValueId, Range>;
  /** Results that hold for the rest of the path, such as views already parsed: `packet.ip()` twice is parsed once.
   *  Keys name the expression, for example `ip@0` with the epoch. */
  readonly known: ReadonlyMap<string, Value>;
  /** Number of the packet's present place in memory; resizing begins another, and older views are dead. */
  readonly epoch: number;
}

/** Whether `using` holds a lock. */
export const holdsLock = ({ scope }: Path): boolean => [...scope.values()].some(({ kind }) => kind === 'lock');

/** A value on the path on which it is so. An expression has one outcome for each path that leads out of it. */
export interface Outcome {
  readonly path: Path;
  readonly value: Value;
}

/** The piece of source that is being compiled, for instructions and messages. */
export interface Site {
  readonly at: Location;
  /** Offsets into the file's text, for code frames. */
  readonly start: number;
  readonly end: number;
}

/** A condition's two sides; one is missing where the outcome is known. */
export interface Sides {
  readonly then: Path | undefined;
  readonly otherwise: Path | undefined;
}
