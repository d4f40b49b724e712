// What the thread that compiles is asked, and what it answers. Plain data.

import type { Rejection } from '@twinpath/compiler';
import type { FuseJob } from '../fuse/fuse-job.ts';
import type { FunctionData } from '../instance/instance-handle.ts';
import type { ErrorData } from '../threads/error-data.ts';
import type { CompileRequest } from './function-compiler.ts';

/** A function's files as they were read once: what its module in some worker declares belongs to these and no others. */
export interface FunctionSource {
  readonly id: string;
  /** JSON of the syntax, in memory that threads share. */
  readonly syntax: Uint8Array;
  /** What Node runs. */
  readonly module: string;
  readonly planHash: string | undefined;
  readonly isNew: boolean;
  /** It has a slow path or operations. */
  readonly needsWorker: boolean;
  readonly floods: boolean;
  readonly routes: boolean;
}

export type CompileQuestion =
  | { readonly kind: 'read'; readonly use: string }
  | {
      readonly kind: 'compile';
      readonly source: FunctionSource;
      readonly spec: FunctionData;
      readonly request: CompileRequest;
    }
  | {
      readonly kind: 'rejected';
      readonly source: FunctionSource;
      readonly spec: FunctionData;
      readonly request: CompileRequest;
      readonly rejection: Rejection;
    }
  | { readonly kind: 'fuse'; readonly job: FuseJob }
  /** Its module fails when it runs. */
  | { readonly kind: 'failed'; readonly source: FunctionSource; readonly error: ErrorData };

export type CompileJob = CompileQuestion & { readonly id: number };

export type CompileAnswer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: ErrorData });
