// What is wanted, and its history: documents by name, changed together, one revision after the other.

import type { NodeReport } from '@twinpath/api';

export interface StoredDocument {
  /** JSON. */
  readonly value: unknown;
  /** That changed it last. */
  readonly revision: number;
}
/** By name: `chain/edge`, `function/my-function`. */
export type Documents = ReadonlyMap<string, StoredDocument>;

export interface Commit {
  /** From 1. */
  readonly revision: number;
  /** ISO 8601. */
  readonly at: string;
  readonly by: string;
  readonly message: string;
  /** What it did, for lists; the store does not read it. JSON. */
  readonly summary: unknown;
  /** It goes back then, unless it is confirmed before. */
  readonly confirmBy: string | undefined;
}

export interface NewCommit extends Omit<Commit, 'revision'> {
  /** The revision that it was made for: the newest one, or it is refused. */
  readonly base: number;
  /** By name; `undefined`: is not wanted any more. */
  readonly writes: ReadonlyMap<string, unknown>;
}

export interface Head {
  /** The newest; 0: nothing was ever wanted. */
  readonly revision: number;
  readonly documents: Documents;
  /** Of the newest revision. */
  readonly confirmBy: string | undefined;
}

/** One conformance list (test/conformance.ts) holds for all stores. Methods throw `StoreUnreachableError` where they do not reach it. */
export interface Store extends AsyncDisposable {
  readonly kind: 'sqlite' | 'etcd';
  head(): Promise<Head>;
  /** The head that this machine has known last, for when the store is not reached; `undefined`: none. */
  remembered(): Head | undefined;
  /** `undefined`: there is no such revision, or it was forgotten. */
  documentsAt(revision: number): Promise<Documents | undefined>;
  /** The newest first, `before` left out. */
  history(options: { readonly before?: number; readonly limit: number }): Promise<readonly Commit[]>;
  /** All or nothing, and durable once it is done. @throws ConflictError */
  commit(commit: NewCommit): Promise<Commit>;
  /** The newest revision stays. `false`: it is not the newest, or needs no confirmation. */
  confirm(revision: number): Promise<boolean>;
  /** Calls back when there may be another head; by whoever. */
  watch(changed: () => void): Disposable;
  /** What a node says of itself; it is forgotten after `seconds`. */
  report(report: NodeReport, seconds: number): Promise<void>;
  /** In the order of their names. */
  reports(): Promise<readonly NodeReport[]>;
}

/** How many revisions are kept. */
export const KEPT_REVISIONS = 1000;

/** Somebody else has changed something in between. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
  readonly code = 'TP_CONFLICT';
  readonly hint = 'read it again, and make the change anew';

  constructor(base: number) {
    super(`revision ${base} is not the newest any more: somebody else has changed something in between`);
  }
}

export class StoreUnreachableError extends Error {
  override readonly name = 'StoreUnreachableError';
  readonly code = 'TP_STORE';
  readonly hint = 'what runs goes on as it is; changes can be made when the store answers again';

  constructor(store: string, cause: unknown) {
    super(`the store does not answer: ${store}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
