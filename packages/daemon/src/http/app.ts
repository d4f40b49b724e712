// The REST interface: every route is an operation of @twinpath/api, and goes the same way: who asks, may they, is it well-formed.

import type { Operation } from '@twinpath/api';
import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { Accounts } from '../access/accounts.ts';
import type { Audit } from '../access/audit.ts';
import { allows, type Caller, type Connection } from '../access/caller.ts';
import { identify } from '../access/identify.ts';
import type { RateLimit } from '../access/rate-limit.ts';
import type { Tokens } from '../access/tokens.ts';
import { problemsIn } from '../chains/problems-in.ts';
import { matches } from '../control/etag.ts';
import { type Refusal, RefusedError } from '../control/refusal.ts';
import type { Settings } from '../settings.ts';
import { malformed, type ReadBody, readBody } from './body.ts';
import { problemOf, problemResponse, redacted, type Sent } from './problem.ts';
import type { AnyReply, Route } from './route.ts';

export interface AppOptions {
  readonly settings: Pick<Settings, 'limits' | 'tcp'>;
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly audit: Audit;
  readonly rates: RateLimit;
  readonly routes: readonly Route[];
  /** A text without secrets. */
  redact(text: string): string;
  /** Something that nobody foresaw. Returns its number in the log. */
  report(error: unknown): string;
}

/** Of a request, besides itself. */
export interface Bindings {
  readonly connection: Connection;
}
type Env = { Bindings: Bindings };

const nothing = z.strictObject({});

export function createApp(options: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  const methods = new Map<string, string[]>();
  for (const one of options.routes) {
    const path = one.operation.path.replaceAll(/\{(\w+)\}/g, ':$1');
    methods.set(path, [...(methods.get(path) ?? []), one.operation.method.toUpperCase()]);
    app.on(one.operation.method.toUpperCase(), path, (context) => answer(context, one, options));
  }
  for (const [path, allowed] of methods) {
    const allow = allowed.join(', ');
    const refusal: Refusal = {
      status: 405,
      code: 'TP_METHOD',
      detail: 'this cannot be done with it',
      hint: `it takes ${allow}`,
    };
    app.all(path, () => problemResponse(problemOf(refusal), { allow }));
  }
  app.notFound(() =>
    problemResponse(
      problemOf({
        status: 404,
        code: 'TP_NOT_FOUND',
        detail: 'there is no such path',
        hint: '/v1/openapi.json has all of them',
      }),
    ),
  );
  app.onError((error) => unforeseen(error, options));
  return app;
}

function unforeseen(error: unknown, { report }: AppOptions): Response {
  const detail = `this is a fault of twinpathd; its log has it as ${report(error)}`;
  const type = 'urn:twinpath:problem:TP_INTERNAL';
  return problemResponse({ type, title: 'Internal Server Error', status: 500, code: 'TP_INTERNAL', detail });
}

async function answer(
  context: Context<Env>,
  { operation, answer: handle }: Route,
  options: AppOptions,
): Promise<Response> {
  const { connection } = context.env;
  let caller: Caller | undefined;
  let sent: Sent = {};
  let revision: number | undefined;
  let response: Response;
  try {
    if (connection.kind === 'tcp') requireRate(connection.address, options);
    caller = identify(connection, context.req.header('authorization'), options);
    if (connection.kind === 'socket') requireRate(caller.by, options);
    requireScope(caller, operation);
    const parsed = await parse(context, operation, options.settings.limits.bodyBytes, (body) => {
      sent = body;
    });
    const reply = await handle({
      ...parsed,
      caller,
      ifMatch: context.req.header('if-match'),
      ifNoneMatch: operation.method === 'get' ? undefined : context.req.header('if-none-match'),
      signal: context.req.raw.signal,
      lastEventId: numberOf(context.req.header('last-event-id')),
      liesAt: (root) => {
        sent = { ...sent, root };
      },
    });
    revision = 'data' in reply ? reply.revision : undefined;
    response = responseOf(reply, operation, context.req.header('if-none-match'));
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const challenge = error.refusal.status === 401 ? { 'www-authenticate': 'Bearer' } : undefined;
    response = problemResponse(redacted(problemOf(error.refusal, sent), options.redact), challenge);
  }
  note(context, { operation, caller, connection, status: response.status, revision }, options);
  return response;
}

function requireRate(caller: string, { rates }: AppOptions): void {
  if (rates.allows(caller)) return;
  throw new RefusedError({
    status: 429,
    code: 'TP_TOO_OFTEN',
    detail: `${caller} asks too often`,
    hint: 'wait a second',
  });
}

function requireScope({ scope, by }: Caller, { scope: needed }: Operation): void {
  if (allows(scope, needed)) return;
  const detail = `${by} has the scope ${scope}, and this needs ${needed}`;
  throw new RefusedError({ status: 403, code: 'TP_SCOPE', detail, hint: 'ask an administrator' });
}

type Parsed = { readonly params: unknown; readonly query: unknown; readonly body: unknown };

/** @throws RefusedError */
async function parse(
  context: Context<Env>,
  { params = nothing, query = nothing, body }: Operation,
  mostBytes: number,
  read: (body: ReadBody) => void,
): Promise<Parsed> {
  const parsed = {
    params: parameters(params, context.req.param()),
    query: parameters(query, queryOf(context.req.url)),
  };
  if (body === undefined) return { ...parsed, body: undefined };
  const given = await readBody(context.req.raw, body, mostBytes);
  read(given);
  const checked = await body.schema.safeParseAsync(given.value);
  if (checked.success) return { ...parsed, body: checked.data };
  const faults = problemsIn(body.schema, checked.error.issues, given.value);
  const detail = `the body is refused: ${faults[0]?.detail}${faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''}`;
  throw new RefusedError({ status: 422, code: 'TP_CONFIG', detail, hint: faults[0]?.hint, faults });
}

function parameters(schema: z.ZodType, given: unknown): unknown {
  const checked = schema.safeParse(given);
  if (checked.success) return checked.data;
  const [fault] = problemsIn(schema, checked.error.issues, given);
  throw malformed(`parameter ${fault?.path[0] ?? ''}: ${fault?.detail}`, fault?.hint);
}

function queryOf(url: string): Readonly<Record<string, string>> {
  const { searchParams } = new URL(url);
  for (const name of searchParams.keys()) {
    if (searchParams.getAll(name).length > 1) throw malformed(`parameter ${name} is given more than once`);
  }
  return Object.fromEntries(searchParams);
}

function responseOf(reply: AnyReply, { method, response }: Operation, ifNoneMatch: string | undefined): Response {
  if ('stream' in reply) {
    const type = response.kind === 'stream' ? response.mediaType : 'application/octet-stream';
    return new Response(reply.stream, { headers: { 'content-type': type, 'cache-control': 'no-store' } });
  }
  const { data, etag } = reply;
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-cache',
    ...(etag !== undefined && { etag }),
  };
  if (method === 'get' && ifNoneMatch !== undefined && matches(ifNoneMatch, etag)) {
    return new Response(null, { status: 304, headers });
  }
  return new Response(JSON.stringify(data), { headers });
}

interface Noted {
  readonly operation: Operation;
  readonly caller: Caller | undefined;
  readonly connection: Connection;
  readonly status: number;
  readonly revision: number | undefined;
}

/** What changes something, and who was refused. Floods are not: they would drive out the rest. */
function note(
  context: Context<Env>,
  { operation, caller, connection, status, revision }: Noted,
  { audit, report }: AppOptions,
): void {
  const matters = operation.method !== 'get' || operation.scope === 'admin' || status === 401 || status === 403;
  if (!matters || status === 429) return;
  const from = connection.kind === 'socket' ? 'socket' : connection.address;
  const by = caller?.by ?? (connection.kind === 'socket' ? `uid:${connection.uid}` : 'nobody');
  const target = new URL(context.req.url).pathname.slice(0, 300);
  const at = new Date().toISOString();
  const told = { at, by, from, operation: operation.id, target, status };
  try {
    audit.add({ ...told, ...(revision !== undefined && { revision }) });
  } catch (error) {
    // What was asked for is done, or refused, all the same; the log has what the disk has not.
    report(new Error(`the audit log does not take ${JSON.stringify(told)}`, { cause: error }));
  }
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
