// Thousands of requests that follow from the OpenAPI document, good and bad: none of them meets a fault of ours, and none is half done.

import { problem } from '@twinpath/api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { arbitraryOf, requestBody, type SchemaContext } from '../fixtures/arbitrary-json.ts';
import { GATEKEEPER } from '../fixtures/gatekeeper.ts';
import { LabHost } from '../fixtures/lab-host.ts';
import { ROOT } from '../fixtures/test-daemon.ts';

const parameter = z.object({ name: z.string(), in: z.enum(['path', 'query', 'header']), schema: z.unknown() });
const described = z.object({
  operationId: z.string(),
  parameters: z.array(parameter),
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema: z.unknown() })) }).optional(),
  responses: z.record(z.string(), z.unknown()),
});
const openApi = z.object({
  paths: z.record(z.string(), z.record(z.string(), described)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});
type Described = z.infer<typeof described>;

let host: LabHost;
let document: z.infer<typeof openApi>;
let context: SchemaContext;
let requests = 0;

beforeAll(async () => {
  host = new LabHost('requests', 1);
  await host.start({ limits: { requestsPerSecond: 1e6, burst: 1e6, streams: 8, bodyBytes: 100_000 } });
  await restore();
  document = openApi.parse((await host.ask('GET', '/openapi.json')).data);
  // Few words, so that they meet. Chains that begin are slow: their interfaces are not there, but for one.
  const words = ['edge', 'gatekeeper', 'port0', host.namespace, 'inner', 'nowhere', GATEKEEPER];
  const { schemas } = document.components;
  context = { components: schemas, words, config: CONFIG };
});
afterAll(() => host[Symbol.asyncDispose]());

/** What requests are about, where some of them have removed it. */
async function restore(): Promise<void> {
  const functions = [{ use: 'gatekeeper', config: { closed: [{ port: 5 }] } }];
  const chains = { edge: { interface: 'port0', namespace: host.namespace, functions } };
  await host.ask('PUT', '/functions/gatekeeper', { kind: 'source', content: GATEKEEPER });
  expect(await host.ask('PUT', '/document', { chains })).toMatchObject({ status: 200 });
}

interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Mostly `usual`. */
const mostly = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 8, arbitrary: usual }, { weight: 1, arbitrary: other });
const sometimes = (...others: string[]) => mostly(fc.constant(''), fc.constantFrom(...others));

/** What there is. */
const THERE: Readonly<Record<string, readonly string[]>> = {
  chain: ['edge'],
  function: ['gatekeeper'],
  table: ['refused'],
  operation: ['count'],
  port: ['port0'],
  pointer: ['/closed/0', '/closed/-', '/closed/0/port', '/fail'],
  where: ['key.port=5'],
};

const CONFIG = { $ref: '#/components/schemas/Config.gatekeeper' };
/** Where the description cannot say what the function takes that it is about. */
const SCHEMAS: Readonly<Record<string, unknown>> = {
  putConfig: CONFIG,
  patchConfig: CONFIG,
  putConfigItem: {
    anyOf: [
      { type: 'object', properties: { port: { type: 'integer', minimum: 1 } }, required: ['port'] },
      { type: 'boolean' },
    ],
  },
};

function requestsOf(path: string, { operationId, parameters, requestBody: body }: Described): fc.Arbitrary<Sent> {
  const textFor = ({ name, schema }: z.infer<typeof parameter>) => {
    const there = THERE[name];
    const any = arbitraryOf(schema, context).map(String);
    const fits = there === undefined ? any : mostly(fc.constantFrom(...there), any);
    return mostly(fits, fc.string({ maxLength: 30, unit: 'binary' }));
  };
  const record = (place: string) => {
    const found = parameters.filter((one) => one.in === place);
    const needed = place === 'path' ? {} : { requiredKeys: found.flatMap(({ name }) => (name in THERE ? [name] : [])) };
    return fc.record(Object.fromEntries(found.map((one) => [one.name, textFor(one)])), needed);
  };
  const filled = record('path').map((values) =>
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encoded(values[name] ?? '')),
  );
  const stray = sometimes('unknown=1', 'dryRun=maybe', 'limit=1&limit=2', '%', '=&&=');
  const query = fc.tuple(record('query'), stray).map(([values, more]) => {
    const own = Object.entries(values).map(([name, value]) => `${name}=${encoded(value ?? '')}`);
    return [...own, ...(more === '' ? [] : [more])].join('&');
  });
  const etags = sometimes('*', '"r1"', '"r2", W/"r3"', 'junk');
  const type = sometimes(
    'application/yaml',
    'text/plain',
    'application/json; charset=utf-8',
    'application/merge-patch+json',
  );
  const headers = fc.record({
    'if-match': etags,
    'if-none-match': etags,
    'content-type': type,
    authorization: sometimes('Bearer x', '\xff'),
  });
  const schema = SCHEMAS[operationId] ?? Object.values(body?.content ?? {})[0]?.schema;
  return fc.record({
    path: fc.tuple(filled, query).map(([where, what]) => (what === '' ? where : `${where}?${what}`)),
    headers: headers.map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))),
    body: body === undefined ? fc.constant(undefined) : bodiesOf(schema),
  });
}

function bodiesOf(schema: unknown): fc.Arbitrary<string> {
  const good = requestBody(schema, context).map((value) => JSON.stringify(value) ?? 'null');
  const torn = good.map((text) => text.slice(0, text.length / 2));
  const odd = fc.constantFrom(
    '',
    'nul',
    '\ufeff{}',
    '['.repeat(50_000),
    '{"a":'.repeat(5000),
    'a: &a [*a]',
    '[&x [1], *x]',
    `"${'x'.repeat(100_000)}"`,
    '{"__proto__":{"polluted":1}}',
    '1e999',
  );
  return fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: torn }, { weight: 2, arbitrary: odd });
}

/** Also of a text that is no Unicode. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

async function send(
  method: string,
  { path, headers, body }: Sent,
): Promise<{ readonly status: number; readonly data: unknown }> {
  requests++;
  const request = new Request(`http://localhost${path}`, {
    method: method.toUpperCase(),
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body }),
  });
  const response = await host.running.app.fetch(request, { connection: ROOT });
  const type = response.headers.get('content-type') ?? '';
  if (!type.includes('json')) {
    await response.body?.cancel();
    return { status: response.status, data: undefined };
  }
  expect(type).toBe(response.status >= 400 ? 'application/problem+json' : 'application/json');
  const text = await response.text();
  return { status: response.status, data: text === '' ? undefined : JSON.parse(text) };
}

/** What compiles or begins chains is slow. */
const SLOW: ReadonlySet<string> = new Set([
  'uploadFunction',
  'putChain',
  'putDocument',
  'patchDocument',
  'patchChain',
  'rollback',
]);

test('every operation answers what its description says, and is done whole or not at all', async () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const { operationId, responses } = operation;
      await restore();
      const numRuns = SLOW.has(operationId) ? 25 : 65;
      const answered = new Set<number>();
      const once = async (sent: Sent) => {
        const before = host.running.control.head;
        const { status, data } = await send(method, sent);
        answered.add(status);
        const told = `${operationId} ${method} ${sent.path}: ${status} ${JSON.stringify(data)}`;
        expect(status, told).toBeLessThan(500);
        // A path whose parameter is empty is another path.
        if (status !== 404 && status !== 405) expect(Object.keys(responses), told).toContain(String(status));
        if (status >= 400) problem.parse(data);
        const { head, plan } = host.running.control;
        if (method === 'get' || status >= 400 || sent.path.includes('dryRun=true')) expect(head, told).toBe(before);
        expect(head.revision - before.revision, told).toBeLessThanOrEqual(1);
        const states = host.running.control.chains();
        expect(
          states.filter(({ state }) => state === 'failed'),
          told,
        ).toEqual([]);
        for (const name of plan.chains.keys())
          expect(
            host.running.host.running.has(name) || states.some((one) => one.name === name && one.state === 'elsewhere'),
            told,
          ).toBe(true);
        if (head.confirmBy !== undefined) await host.running.control.confirm(head.revision);
      };
      await fc.assert(fc.asyncProperty(requestsOf(path, operation), once), {
        numRuns,
        endOnFailure: true,
        ignoreEqualValues: false,
      });
      // Not all were refused for the same reason.
      if (method !== 'get') expect(answered.size, operationId).toBeGreaterThan(1);
    }
  }
}, 120_000);

test('they were thousands, and many were good', () => {
  expect(requests).toBeGreaterThan(2000);
  expect(host.running.control.head.revision).toBeGreaterThan(5);
});

test('nothing of that was left in the prototype of objects', () => {
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});
