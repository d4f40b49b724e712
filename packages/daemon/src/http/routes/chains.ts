import { ChainFile, mergePatch, operations } from '@twinpath/api';
import { problemsIn } from '../../chains/problems-in.ts';
import { etagOf } from '../../control/etag.ts';
import { chainKey } from '../../control/plan.ts';
import { notFound, unprocessable } from '../../control/refusal.ts';
import type { Documents } from '../../store/store.ts';
import { capture } from '../capture.ts';
import { jsonValue } from '../json-value.ts';
import { type Route, route } from '../route.ts';
import { changed } from './change.ts';
import type { Services } from './services.ts';

export function chainRoutes({ control, host, secrets, openStream }: Services): readonly Route[] {
  return [
    route(operations.listChains, () => ({ data: { chains: [...control.chains()] } })),

    route(operations.getChain, async ({ params: { chain } }) => {
      const { head } = control;
      return { data: await secrets.hidden(chainIn(head.documents, chain)), etag: etagOf(head, chainKey(chain)) };
    }),

    route(operations.putChain, (asked) => {
      const { chain } = asked.params;
      asked.liesAt(['chains', chain]);
      return changed(control, asked, chainKey(chain), () => new Map([[chainKey(chain), asked.body]]));
    }),

    route(operations.patchChain, (asked) => {
      const { chain } = asked.params;
      asked.liesAt(['chains', chain]);
      return changed(control, asked, chainKey(chain), ({ documents }) => {
        const patched = parsed(mergePatch(chainIn(documents, chain), asked.body), chain);
        return new Map([[chainKey(chain), patched]]);
      });
    }),

    route(operations.deleteChain, (asked) => {
      const { chain } = asked.params;
      return changed(control, asked, chainKey(chain), ({ documents }) => {
        chainIn(documents, chain);
        return new Map([[chainKey(chain), undefined]]);
      });
    }),

    route(operations.getChainStatus, ({ params: { chain } }) => ({ data: control.chainStatus(chain) })),

    route(operations.getChainStatistics, async ({ params: { chain } }) => {
      control.chainStatus(chain);
      const { functions } = await host.chain(chain).statistics();
      return { data: operations.getChainStatistics.response.schema.parse(jsonValue({ chain, functions })) };
    }),

    route(operations.capture, ({ params: { chain, port }, query, signal }) => {
      control.chainStatus(chain);
      const found = host.chain(chain).ports.find(({ name }) => name === port);
      const known = host
        .chain(chain)
        .ports.map(({ name }) => name)
        .join(', ');
      if (found === undefined) throw notFound(`chain ${chain} has no port ${port.slice(0, 63)}`, `there is ${known}`);
      return { stream: capture({ port: found, ...query, signal, stream: openStream() }) };
    }),
  ];
}

/** @throws RefusedError */
export function chainIn(documents: Documents, name: string): ChainFile {
  const found = documents.get(chainKey(name));
  if (found === undefined) throw notFound(`there is no chain ${name}`, 'GET /v1/chains lists those that there are');
  return parsed(found.value, name);
}

/** @throws RefusedError with faults from the document's root */
export function parsed(value: unknown, chain: string): ChainFile {
  const checked = ChainFile.safeParse(value);
  if (checked.success) return checked.data;
  const faults = problemsIn(ChainFile, checked.error.issues, value).map((fault) => ({
    ...fault,
    path: ['chains', chain, ...fault.path],
  }));
  throw unprocessable('TP_CONFIG', `chain ${chain} is refused: ${faults[0]?.detail}`, faults, faults[0]?.hint);
}
