import { expect, test } from 'vitest';
import { operations } from '../operations/index.ts';
import type { Operation } from '../operations/operation.ts';
import type { FunctionInfo } from '../schemas/functions.ts';
import { openApi } from './openapi.ts';

const third: FunctionInfo = {
  name: 'third',
  origin: 'uploaded',
  config: { type: 'object', properties: { size: { type: 'integer' } } },
  tables: [],
  counters: [],
  reasons: [],
  operations: [{ name: 'flush', help: 'Empties it.', input: { type: 'object' } }],
  ports: 'transparent',
};
const document = openApi('1.2.3', [third]);

function references(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === '$ref' && typeof inner === 'string' ? [inner] : references(inner),
  );
}

test('every reference of the document leads to a schema', () => {
  const all = new Set(references(document));
  expect(all.size).toBeGreaterThan(20);
  const { components } = document;
  for (const one of all) expect({ components }).toHaveProperty(one.slice(2).split('/'));
});

test('every operation is under its own name, at a path of its own, with all parameters of it', () => {
  const places = new Set<string>();
  for (const [name, given] of Object.entries<Operation>(operations)) {
    const { id, method, path, params } = given;
    expect(id).toBe(name);
    places.add(`${method} ${path}`);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, one]) => one);
    expect(Object.keys(params?.shape ?? {}), path).toEqual(named);
  }
  expect(places.size).toBe(Object.keys(operations).length);
});

test('what changes something asks for more than the scope to read, and can be made conditional', () => {
  for (const { id, method, scope, etag } of Object.values<Operation>(operations)) {
    if (method === 'get') continue;
    expect(scope, id).not.toBe('read');
    if (method === 'put' && scope === 'write') expect(etag, id).toBe(true);
  }
});

test('a function that nobody knew before brings its schemas along', () => {
  expect(document).toHaveProperty(['components', 'schemas', 'Config.third'], third.config);
  expect(document).toHaveProperty(['components', 'schemas', 'Operation.third.flush'], {
    description: 'Empties it.',
    type: 'object',
  });
  expect(references(document)).toContain('#/components/schemas/Config.third');
});
