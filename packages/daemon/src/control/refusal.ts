// What was asked for and is not done: as plain data, from whatever part of Twinpath says so.

import type { Path } from '@twinpath/api';

export interface FaultAt {
  /** In what was looked at: a configuration, a chain, the document. */
  readonly path: Path;
  readonly detail: string;
  readonly hint?: string | undefined;
}

export interface Refusal {
  /** Of HTTP. */
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 412 | 413 | 415 | 422 | 429 | 503;
  readonly code: string;
  readonly detail: string;
  readonly hint?: string | undefined;
  readonly faults?: readonly FaultAt[];
}

export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal, cause?: unknown) {
    super(refusal.detail, { cause });
    this.refusal = refusal;
  }
}

export const notFound = (detail: string, hint?: string) =>
  new RefusedError({ status: 404, code: 'TP_NOT_FOUND', detail, hint });

export const conflict = (code: string, detail: string, hint?: string) =>
  new RefusedError({ status: 409, code, detail, hint });

export const unprocessable = (code: string, detail: string, faults: readonly FaultAt[] = [], hint?: string) =>
  new RefusedError({ status: 422, code, detail, hint, faults });

/** The same faults, as they lie in something larger. */
export function within(path: Path, refusal: Refusal): Refusal {
  const { faults } = refusal;
  if (faults === undefined) return refusal;
  return { ...refusal, faults: faults.map((fault) => ({ ...fault, path: [...path, ...fault.path] })) };
}
