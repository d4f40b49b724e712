// What a running function holds and what its last change cost: dearer to read than its statistics.

import type { FrontState } from '../specialise/hot-map.ts';

export interface TableMeasure {
  readonly entries: number;
  /** The most that it can have, of all its maps together. */
  readonly max: number;
}

/** Packets that a rule has decided since it was last changed; for what has several entries in a classifier, of all of them. */
export interface RuleMeasure {
  readonly name: string;
  readonly packets: number;
}

export interface TallyMeasure {
  readonly labels: Readonly<Record<string, string>>;
  readonly packets: number;
  readonly bytes: number;
}

/** Milliseconds. */
export interface ChangeTimes {
  readonly compile: number;
  /** Maps made and filled, programs loaded and verified. */
  readonly load: number;
  /** Until packets met all that is new. */
  readonly swap: number;
}

export interface FunctionMeasures {
  /** By path; those of which the number of entries says something. Large ones are counted now and then only. */
  readonly tables: Readonly<Record<string, TableMeasure>>;
  /** By the path of their classifier, in order. */
  readonly rules: Readonly<Record<string, readonly RuleMeasure[]>>;
  /** By path. */
  readonly tallies: Readonly<Record<string, readonly TallyMeasure[]>>;
  /** Bytes that its maps take in the kernel; 0 in the engine. */
  readonly mapBytes: number;
  readonly lastChange: ChangeTimes;
  /** What stands in front of maps, by their names; none where the function is not specialised. */
  readonly fronts: Readonly<Record<string, FrontState>>;
}
