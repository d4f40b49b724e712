import { z } from 'zod';
import { audit, issuedToken, newToken, tokenList } from '../schemas/access.ts';
import { event, eventQuery } from '../schemas/events.ts';
import { count, name } from '../schemas/names.ts';
import { nodes, status } from '../schemas/status.ts';
import { json, operation } from './operation.ts';

const group = 'daemon';
const access = 'access';
const ofToken = z.strictObject({ token: name('token') });

export const daemon = {
  getStatus: operation({
    id: 'getStatus',
    group,
    method: 'get',
    path: '/v1/status',
    scope: 'read',
    summary: 'How this node is.',
    response: json(status),
    problems: [],
  }),
  listNodes: operation({
    id: 'listNodes',
    group,
    method: 'get',
    path: '/v1/nodes',
    scope: 'read',
    summary: 'How all nodes of the store are that are there.',
    response: json(nodes),
    problems: [503],
  }),
  getMetrics: operation({
    id: 'getMetrics',
    group,
    method: 'get',
    path: '/v1/metrics',
    scope: 'read',
    summary: 'Metrics as OpenMetrics text.',
    response: { kind: 'stream', mediaType: 'application/openmetrics-text' },
    problems: [],
  }),
  getOpenApi: operation({
    id: 'getOpenApi',
    group,
    method: 'get',
    path: '/v1/openapi.json',
    scope: 'read',
    summary: 'This interface as OpenAPI 3.1, with the schemas of all functions that there are now.',
    response: json(z.record(z.string(), z.unknown())),
    problems: [],
  }),
  events: operation({
    id: 'events',
    group,
    method: 'get',
    path: '/v1/events',
    scope: 'read',
    summary: 'What happens, as server-sent events; `Last-Event-ID` goes on behind an event.',
    query: eventQuery,
    response: { kind: 'stream', mediaType: 'text/event-stream', schema: event },
    problems: [],
  }),
  listTokens: operation({
    id: 'listTokens',
    group: access,
    method: 'get',
    path: '/v1/tokens',
    scope: 'admin',
    summary: 'Tokens, without their secrets.',
    response: json(tokenList),
    problems: [],
  }),
  createToken: operation({
    id: 'createToken',
    group: access,
    method: 'post',
    path: '/v1/tokens',
    scope: 'admin',
    summary: 'Issues a token. Its secret is in the answer and nowhere else.',
    body: json(newToken),
    response: json(issuedToken),
    problems: [409],
  }),
  rotateToken: operation({
    id: 'rotateToken',
    group: access,
    method: 'post',
    path: '/v1/tokens/{token}/rotate',
    scope: 'admin',
    summary: 'Gives a token another secret; the one before holds for a while.',
    params: ofToken,
    query: z.strictObject({
      /** For so many seconds; default 3600. */
      grace: z.coerce.number<number | string>().int().min(0).max(604_800).exactOptional(),
    }),
    response: json(issuedToken),
    problems: [404],
  }),
  deleteToken: operation({
    id: 'deleteToken',
    group: access,
    method: 'delete',
    path: '/v1/tokens/{token}',
    scope: 'admin',
    summary: 'Takes a token back, at once.',
    params: ofToken,
    response: json(tokenList),
    problems: [404],
  }),
  getAudit: operation({
    id: 'getAudit',
    group: access,
    method: 'get',
    path: '/v1/audit',
    scope: 'admin',
    summary: 'Who changed what, and who was refused; the last first.',
    query: z.strictObject({
      before: z.coerce.number<number | string>().int().min(1).exactOptional(),
      limit: count(1000).exactOptional(),
    }),
    response: json(audit),
    problems: [],
  }),
};
