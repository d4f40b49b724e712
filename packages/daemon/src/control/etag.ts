// ETags are revisions: of the document the newest, of a chain the one that changed it last (RFC 9110 §8.8.3, §13.1).
import type { Head } from '../store/store.ts';
import { RefusedError } from './refusal.ts';

export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}
/** `undefined`: the whole document. */
export type Target = string | undefined;

/** `undefined`: there is nothing of this name. */
export function etagOf(
  { revision, documents }: Pick<Head, 'revision' | 'documents'>,
  target: Target,
): string | undefined {
  const found = target === undefined ? revision : documents.get(target)?.revision;
  return found === undefined ? undefined : `"r${found}"`;
}

/** @throws RefusedError (412) */
export function requireConditions(head: Head, target: Target, { ifMatch, ifNoneMatch }: Conditions): void {
  const etag = etagOf(head, target);
  const refuse = (detail: string) =>
    new RefusedError({ status: 412, code: 'TP_PRECONDITION', detail, hint: 'read it again, and make the change anew' });
  if (ifMatch !== undefined && !matches(ifMatch, etag)) {
    throw refuse(`If-Match names ${ifMatch}, and ${etag === undefined ? 'there is nothing' : `it is ${etag} now`}`);
  }
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, etag)) throw refuse(`there is ${etag} already`);
}

export function matches(condition: string, etag: string | undefined): boolean {
  if (etag === undefined) return false;
  return condition.trim() === '*' || condition.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}
