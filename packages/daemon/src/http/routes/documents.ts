import { type Document, document, mergePatch, operations, type Revision } from '@twinpath/api';
import { problemsIn } from '../../chains/problems-in.ts';
import { etagOf } from '../../control/etag.ts';
import { chainKey, chainsOf } from '../../control/plan.ts';
import { unprocessable } from '../../control/refusal.ts';
import type { Secrets } from '../../secrets/secrets.ts';
import type { Commit, Documents } from '../../store/store.ts';
import { type Route, route } from '../route.ts';
import { changed, reply, requestOf } from './change.ts';
import type { Services } from './services.ts';

export function documentRoutes({ control, secrets }: Services): readonly Route[] {
  return [
    route(operations.getDocument, async () => {
      const { head } = control;
      return { data: await documentOf(head.documents, secrets), etag: etagOf(head, undefined) };
    }),

    route(operations.putDocument, (asked) =>
      changed(control, asked, undefined, ({ documents }) => writesOf(documents, asked.body.chains)),
    ),

    route(operations.patchDocument, (asked) =>
      changed(control, asked, undefined, ({ documents }) => {
        const patched = mergePatch({ chains: chainsOf(documents) }, asked.body);
        return writesOf(documents, parsed(patched).chains);
      }),
    ),

    route(operations.listRevisions, async ({ query: { before, limit = 50 } }) => {
      const commits = await control.history({ limit, ...(before !== undefined && { before }) });
      const last = commits.at(-1)?.revision;
      const isMore = commits.length === limit && last !== undefined && last > 1;
      return { data: { revisions: commits.map(revisionOf), ...(isMore && { next: last }) } };
    }),

    route(operations.getRevision, async ({ params: { revision } }) => {
      const documents = await control.documentsAt(revision);
      const [commit] = await control.history({ before: revision + 1, limit: 1 });
      const none = { revision, at: new Date(0).toISOString(), by: '', message: '', chains: [], functions: [] };
      const described = commit?.revision === revision ? revisionOf(commit) : none;
      return { data: { ...described, document: await documentOf(documents, secrets) } };
    }),

    route(operations.rollback, async (asked) => {
      const change = await control.rollback(asked.params.revision, requestOf(asked, undefined));
      return reply(control, change, undefined);
    }),

    route(operations.confirm, async ({ params: { revision } }) => {
      await control.confirm(revision);
      return { data: { revision } };
    }),
  ];
}

/** Chains that are not in `chains` go. */
function writesOf(documents: Documents, chains: Document['chains']): ReadonlyMap<string, unknown> {
  const gone = Object.keys(chainsOf(documents)).map((name) => [chainKey(name), undefined] as const);
  const wanted = Object.entries(chains).map(([name, chain]) => [chainKey(name), chain] as const);
  return new Map<string, unknown>([...gone, ...wanted]);
}

/** As it is shown. What is in the store was checked when it came there. */
async function documentOf(documents: Documents, secrets: Secrets): Promise<Document> {
  const { chains } = parsed({ chains: chainsOf(documents) });
  const shown = Object.entries(chains).map(async ([name, chain]) => [name, await secrets.hidden(chain)] as const);
  return { chains: Object.fromEntries(await Promise.all(shown)) };
}

function parsed(value: unknown): Document {
  const checked = document.safeParse(value);
  if (checked.success) return checked.data;
  const faults = problemsIn(document, checked.error.issues, value);
  throw unprocessable('TP_CONFIG', `the document is refused: ${faults[0]?.detail}`, faults, faults[0]?.hint);
}

function revisionOf({ revision, at, by, message, summary, confirmBy }: Commit): Revision {
  const { chains, functions } = summaryOf(summary);
  return { revision, at, by, message, chains, functions, ...(confirmBy !== undefined && { confirmBy }) };
}

function summaryOf(summary: unknown): Pick<Revision, 'chains' | 'functions'> {
  return operations.listRevisions.response.schema.shape.revisions.element
    .pick({ chains: true, functions: true })
    .parse(summary);
}
