import { type Event, openApi, operations } from '@twinpath/api';
import { conflict, notFound } from '../../control/refusal.ts';
import { eventStream } from '../event-stream.ts';
import { type Route, route } from '../route.ts';
import { functionInfos, type Services } from './services.ts';

export function daemonRoutes(services: Services): readonly Route[] {
  const { control, events, metrics, openStream, version } = services;
  return [
    route(operations.getStatus, () => ({ data: control.status() })),
    route(operations.listNodes, async () => ({ data: { nodes: [...(await control.nodes())] } })),
    route(operations.getMetrics, async () => ({ stream: await metrics() })),
    route(operations.getOpenApi, async () => ({ data: openApi(version, await functionInfos(services)) })),
    route(operations.events, ({ query: { chain, kind }, signal, lastEventId }) => {
      const isWanted = (event: Event) =>
        (kind === undefined || event.kind === kind) && (chain === undefined || isOf(event, chain));
      return { stream: eventStream({ events, signal, after: lastEventId, isWanted, stream: openStream() }) };
    }),
    ...accessRoutes(services),
  ];
}

function isOf(event: Event, chain: string): boolean {
  if (event.kind === 'changed') return event.chains.includes(chain);
  return 'chain' in event && event.chain === chain;
}

function accessRoutes({ tokens, audit }: Services): readonly Route[] {
  const unknown = (name: string) => notFound(`there is no token ${name}`, 'GET /v1/tokens lists those that there are');
  return [
    route(operations.listTokens, () => ({ data: { tokens: [...tokens.list()] } })),

    route(operations.createToken, ({ body }) => {
      const issued = tokens.create(body);
      if (issued === undefined)
        throw conflict('TP_NAME', `there is a token ${body.name}`, 'rotate it, or give another name');
      return { data: issued };
    }),

    route(operations.rotateToken, ({ params, query: { grace = 3600 } }) => {
      const issued = tokens.rotate(params.token, grace);
      if (issued === undefined) throw unknown(params.token);
      return { data: issued };
    }),

    route(operations.deleteToken, ({ params }) => {
      if (!tokens.delete(params.token)) throw unknown(params.token);
      return { data: { tokens: [...tokens.list()] } };
    }),

    route(operations.getAudit, ({ query: { before, limit = 100 } }) => {
      const records = audit.list({ limit, ...(before !== undefined && { before }) });
      const last = records.at(-1)?.id;
      const isMore = records.length === limit && last !== undefined && last > 1;
      return { data: { records: [...records], ...(isMore && { next: last }) } };
    }),
  ];
}
