// What the main thread and a worker say to each other. Plain data.

import type { MessagePort } from 'node:worker_threads';
import type { Rejection } from '@twinpath/compiler';
import type { Holdings } from '@twinpath/linux';
import type { Log } from '@twinpath/vnf';
import type { FunctionStatistics } from '../chain/statistics.ts';
import type { CompileRequest } from '../compile/function-compiler.ts';
import type { EngineQuestion } from '../engine/engine-question.ts';
import type { StartOptions } from '../instance/instance-handle.ts';
import type { PlaneImage } from '../instance/instance-home.ts';
import type { InstancePlaces, PlacedProgram } from '../instance-plane.ts';
import type { ErrorData } from './error-data.ts';

export interface WorkerData {
  readonly holdings: Holdings;
  /** `WORD` says which is which. */
  readonly words: Int32Array;
  /** Answers to questions: read where the worker waits for them. */
  readonly answers: MessagePort;
  /** Of `hash`: one for all of the process. */
  readonly seed: number;
  /** What its objects may take. */
  readonly megabytes: number;
  /** Whom the process asks for names (node:dns), which each thread is told anew. */
  readonly nameServers: readonly string[];
}

/** Words that a worker and the main thread share. */
export const WORD = {
  count: 4,
  /** Grows for as long as the worker's event loop turns. */
  beats: 0,
  /** The instance whose code runs; 0: none, or it is not known. */
  current: 1,
  /** Questions that the main thread has answered. */
  answered: 2,
} as const;

/** An instance that is to live in a worker. */
export interface NewInstance {
  readonly chain: string;
  readonly name: string;
  /** The file whose default export is the function. */
  readonly use: string;
  /** The mark of its packets. */
  readonly key: number;
}

/** How its code comes into a worker, which has no compiler. */
export interface NewCode {
  /** What Node runs. */
  readonly module: string;
  readonly floods: boolean;
  readonly routes: boolean;
}

/** What is asked of an instance; in one with `open`, to which it is new. */
export type Call =
  | { readonly method: 'open'; readonly instance: NewInstance; readonly code: NewCode; readonly plane: PlaneImage }
  | {
      readonly method: 'start';
      readonly config: unknown;
      readonly places: InstancePlaces;
      readonly options: StartOptions;
    }
  | { readonly method: 'configure'; readonly config: unknown }
  | { readonly method: 'place'; readonly places: InstancePlaces }
  | { readonly method: 'save'; readonly file: string }
  | { readonly method: 'operate'; readonly operation: string; readonly input: unknown }
  | { readonly method: 'statistics' }
  | { readonly method: 'measures' }
  | { readonly method: 'entries'; readonly table: string }
  | { readonly method: 'close' };

/** What `start` gives. */
export interface Begun {
  /** The configuration in force, if it can leave the thread. */
  readonly config: unknown;
  readonly statistics: FunctionStatistics;
}

export type ToWorker =
  | { readonly kind: 'call'; readonly id: number; readonly instance: number; readonly call: Call }
  /** Something has come to a descriptor that is watched. */
  | { readonly kind: 'wake'; readonly fd: number }
  | { readonly kind: 'end' };

/** What a worker waits for. */
export type Question =
  | { readonly kind: 'place'; readonly programs: readonly PlacedProgram[] }
  | { readonly kind: 'compile'; readonly request: CompileRequest }
  | { readonly kind: 'rejected'; readonly request: CompileRequest; readonly rejection: Rejection }
  | { readonly kind: 'collect' }
  | { readonly kind: 'watch'; readonly fd: number }
  | { readonly kind: 'forget'; readonly fd: number }
  | { readonly kind: 'engine'; readonly question: EngineQuestion };

export type Answer =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: ErrorData };

export type FromWorker =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: ErrorData }
  | { readonly kind: 'log'; readonly instance: number; readonly level: keyof Log; readonly text: string }
  /** Nobody caught it. `instance`: whose code threw it; 0: it is not known. */
  | { readonly kind: 'stray'; readonly instance: number; readonly error: ErrorData }
  | { readonly kind: 'question'; readonly instance: number; readonly question: Question };
