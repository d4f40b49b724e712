// The interface as OpenAPI 3.1, from the table of operations.
import { z } from 'zod';
import { operations } from '../operations/index.ts';
import type { Body, Operation, Stream } from '../operations/operation.ts';
import type { FunctionInfo } from '../schemas/functions.ts';
import { NAMED } from './schemas.ts';

type JsonObject = Readonly<Record<string, unknown>>;

const registry = z.registry<{ readonly id: string }>();
for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
const reference = (id: string) => `#/components/schemas/${id}`;

const MEDIA_TYPES = {
  json: ['application/json'],
  document: ['application/json', 'application/yaml'],
  'merge-patch': ['application/merge-patch+json', 'application/json'],
} as const;

/** Every operation can answer with these: malformed, no or not enough authority, too often. */
const ALWAYS = [400, 401, 403, 429] as const;
/** Too large, of a type that is not taken, refused by its schema. */
const OF_BODIES = [413, 415, 422] as const;
const TITLES: ReadonlyMap<number, string> = new Map([
  [400, 'The request is malformed.'],
  [401, 'Nobody is known by these credentials.'],
  [403, 'The scope does not allow it.'],
  [404, 'There is no such thing.'],
  [409, 'It cannot be done as things are.'],
  [412, 'It is not any more what If-Match names.'],
  [413, 'The request is too large.'],
  [415, 'No body of this type is taken.'],
  [422, 'What is wanted is refused.'],
  [429, 'Too many requests.'],
  [503, 'The store does not answer.'],
]);

/** `functions`: whose configurations and operations the document describes, too. */
export function openApi(version: string, functions: readonly FunctionInfo[]): JsonObject {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const one of Object.values<Operation>(operations)) {
    paths[one.path] = { ...paths[one.path], [one.method]: described(one) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Twinpath',
      version,
      description: 'Chains of network functions on a host.',
      license: { name: 'MIT' },
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    servers: [{ url: '/' }],
    security: [{ token: [] }, { certificate: [] }, {}],
    tags: [...new Set(Object.values<Operation>(operations).map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { ...components(), ...Object.fromEntries(functions.flatMap(schemasOf)), ...configured(functions) },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Of a token. The Unix socket needs none.' },
        certificate: { type: 'mutualTLS' },
      },
    },
  };
}

function components(): JsonObject {
  const { schemas } = z.toJSONSchema(registry, { uri: reference, io: 'input', unrepresentable: 'any' });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutHead({ ...schema })]));
}

/** What JSON Schema says of a schema that stands alone. */
function withoutHead({ $schema, $id, ...schema }: JsonObject): JsonObject {
  return schema;
}

/** Names of functions are lower-case, with hyphens: `Config.load-balancer`, `Operation.load-balancer.drain`. */
function schemasOf({ name, config, operations: own }: FunctionInfo): readonly (readonly [string, JsonObject])[] {
  return [
    ...(config === undefined ? [] : [[`Config.${name}`, withoutHead(config)] as const]),
    ...own.map(
      (one) => [`Operation.${name}.${one.name}`, { description: one.help, ...withoutHead(one.input) }] as const,
    ),
  ];
}

/** A function of a chain has the configuration that its own schema takes. */
function configured(functions: readonly FunctionInfo[]): JsonObject {
  const { Chain: chain = {} } = components();
  const rules = functions.flatMap(({ name, config }) => {
    if (config === undefined) return [];
    const used = { properties: { use: { const: name } }, required: ['use'] };
    return [{ if: used, then: { properties: { config: { $ref: reference(`Config.${name}`) } } } }];
  });
  if (rules.length === 0) return {};
  const items = { allOf: rules };
  return { Chain: { allOf: [chain, { properties: { functions: { items } } }] } };
}

function described(given: Operation): JsonObject {
  const { id, summary, group, scope, params, query, body, response, etag = false, problems, method } = given;
  const conditions = !etag
    ? []
    : method === 'get'
      ? [header('If-None-Match')]
      : [header('If-Match'), header('If-None-Match')];
  return {
    operationId: id,
    summary,
    tags: [group],
    'x-scope': scope,
    parameters: [...parameters('path', params), ...parameters('query', query), ...conditions],
    ...(body !== undefined && { requestBody: { required: true, content: contentOf(body, 'input') } }),
    responses: {
      200: {
        description: 'Done.',
        content: contentOf(response, 'output'),
        ...(etag && { headers: { ETag: { schema: { type: 'string' } } } }),
      },
      ...(etag && method === 'get' && { 304: { description: 'It is still what If-None-Match names.' } }),
      ...Object.fromEntries(
        [...ALWAYS, ...(body === undefined ? [] : OF_BODIES), ...problems].map((status) => [status, refused(status)]),
      ),
    },
  };
}

const refused = (status: number) => ({
  description: TITLES.get(status) ?? 'It failed.',
  content: { 'application/problem+json': { schema: { $ref: reference('Problem') } } },
});

function contentOf(body: Body | Stream, io: 'input' | 'output'): JsonObject {
  const { schema } = body;
  const types = body.kind === 'stream' ? [body.mediaType] : MEDIA_TYPES[body.kind];
  const content = schema === undefined ? {} : { schema: schemaOf(schema, io) };
  return Object.fromEntries(types.map((type) => [type, content]));
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const id = registry.get(schema)?.id;
  if (id !== undefined) return { $ref: reference(id) };
  return withoutHead({ ...z.toJSONSchema(schema, { io, unrepresentable: 'any' }) });
}

function parameters(place: 'path' | 'query', schema: z.ZodObject | undefined): readonly JsonObject[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, own]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: own,
  }));
}

const header = (name: string) => ({ name, in: 'header', required: false, schema: { type: 'string' } });
