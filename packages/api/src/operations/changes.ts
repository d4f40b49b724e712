import { z } from 'zod';
import { change, changeQuery, history, historyQuery, revisionDetails } from '../schemas/change.ts';
import { document, patch } from '../schemas/document.ts';
import { json, operation } from './operation.ts';

const group = 'changes';
/** Impossible as things are or overtaken, not as If-Match says, refused, not kept. */
export const CHANGE_PROBLEMS = [409, 412, 422, 503] as const;
const numbered = z.strictObject({ revision: z.coerce.number<number | string>().int().min(0) });

export const changes = {
  getDocument: operation({
    id: 'getDocument',
    group,
    method: 'get',
    path: '/v1/document',
    scope: 'read',
    summary: 'All that is wanted.',
    response: json(document),
    etag: true,
    problems: [],
  }),
  putDocument: operation({
    id: 'putDocument',
    group,
    method: 'put',
    path: '/v1/document',
    scope: 'write',
    summary: 'Wants this and nothing else: all of it, or none of it.',
    query: changeQuery,
    body: { kind: 'document', schema: document },
    response: json(change),
    etag: true,
    problems: CHANGE_PROBLEMS,
  }),
  patchDocument: operation({
    id: 'patchDocument',
    group,
    method: 'patch',
    path: '/v1/document',
    scope: 'write',
    summary: 'Changes several chains at once: all of them, or none.',
    query: changeQuery,
    body: { kind: 'merge-patch', schema: patch },
    response: json(change),
    etag: true,
    problems: CHANGE_PROBLEMS,
  }),
  listRevisions: operation({
    id: 'listRevisions',
    group,
    method: 'get',
    path: '/v1/revisions',
    scope: 'read',
    summary: 'The history, the last change first.',
    query: historyQuery,
    response: json(history),
    problems: [503],
  }),
  getRevision: operation({
    id: 'getRevision',
    group,
    method: 'get',
    path: '/v1/revisions/{revision}',
    scope: 'read',
    summary: 'A change of the history, and all that was wanted after it.',
    params: numbered,
    response: json(revisionDetails),
    problems: [404, 503],
  }),
  rollback: operation({
    id: 'rollback',
    group,
    method: 'post',
    path: '/v1/revisions/{revision}/rollback',
    scope: 'write',
    summary: 'Wants again what was wanted then: a new change, which can be rolled back itself.',
    params: numbered,
    query: changeQuery,
    response: json(change),
    etag: true,
    problems: [404, ...CHANGE_PROBLEMS],
  }),
  confirm: operation({
    id: 'confirm',
    group,
    method: 'post',
    path: '/v1/revisions/{revision}/confirm',
    scope: 'write',
    summary: 'Keeps a change that was made with `confirm`.',
    params: numbered,
    response: json(z.object({ revision: z.int() })),
    problems: [404, 409, 503],
  }),
};
