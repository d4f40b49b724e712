// What the main thread has of an instance, wherever the author's code runs: in the main thread (functions that have neither a slow
// path nor operations) or in a worker.

import type { FunctionSpec } from '@twinpath/vnf/spec';
import type { FunctionMeasures } from '../chain/measures.ts';
import type { FunctionStatistics } from '../chain/statistics.ts';
import type { InstancePlaces } from '../instance-plane.ts';
import type { FunctionMarks } from './function-marks.ts';

/** A function's spec without the author's code: plain data, the same in all threads. */
export type FunctionData = Omit<
  FunctionSpec,
  | 'config'
  | 'nameOfDecision'
  | 'namesOfRules'
  | 'idleTimeouts'
  | 'unusedTables'
  | 'configure'
  | 'slowPath'
  | 'operations'
> & {
  readonly floods: boolean;
  readonly routes: boolean;
  readonly hasConfig: boolean;
  readonly hasSlowPath: boolean;
  /** For those who come after it. */
  readonly marks: FunctionMarks;
  /** Summaries, by name. */
  readonly operations: Readonly<Record<string, string>>;
};

/** One entry of a table as the slow path sees it: [key, value], [index, value], [match, value] or [labels, totals]. */
export type TableEntry = readonly [unknown, unknown];

/** How an instance goes on with the maps of another one. */
export interface Takeover {
  /** What they are, where it was another version of the function; `undefined`: the same. */
  readonly was?: FunctionMarks | undefined;
  /** The other one reads its events to the end, these go another way. Default `false`. */
  readonly freshEvents?: boolean;
}

export interface StartOptions {
  /** Goes on with the maps that are pinned, and what they hold, if there are any. Default: no. */
  readonly adopt?: Takeover | undefined;
  /** Without maps to go on with: a file from which durable tables are restored, if it is there. */
  readonly restore?: string | undefined;
  /** Lets go of packets that wait for the slow path: one of them may be what it failed at. Default `false`. */
  readonly discard?: boolean;
}

export interface InstanceHandle extends AsyncDisposable {
  /** In its chain. */
  readonly name: string;
  readonly spec: FunctionData;
  /** Its slow path has not failed, or runs again. */
  readonly isRunning: boolean;
  /** The configuration in force, as the schema gave it; a copy where it comes from a worker. */
  config(): unknown;
  /** Brings both paths up; once. What fails leaves nothing behind that disposing does not remove. */
  start(config: unknown, places: InstancePlaces, options?: StartOptions): Promise<void>;
  /** @throws what prevents it; everything is as it was then. */
  configure(config: unknown): Promise<void>;
  /** Programs stand at all these places when it is done. @throws what prevents it; everything is as it was then. */
  place(places: InstancePlaces): Promise<void>;
  /** Writes durable tables to a file, if the function has any. */
  save(file: string): Promise<void>;
  operate(operation: string, input: unknown): Promise<unknown>;
  statistics(): Promise<FunctionStatistics>;
  measures(): Promise<FunctionMeasures>;
  /** What a table holds, by its path (`rules.ordered`). @throws RangeError for a table that the function does not have. */
  entries(table: string): Promise<readonly TableEntry[]>;
}
