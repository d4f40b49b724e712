import { expect, test } from 'vitest';
import { generateRules } from './generate.ts';
import { generateTrace } from './generate-trace.ts';
import { linearOracle } from './oracle.ts';
import type { ClassifierShape } from './shape.ts';

const SHAPE: ClassifierShape = [
  { name: 'src', kind: 'prefix' },
  { name: 'dst', kind: 'prefix' },
  { name: 'protocol', kind: 'exact8' },
  { name: 'dport', kind: 'range16' },
];

test('A seed gives the same rules and keys again, another seed others.', () => {
  const rules = (seed: number) => generateRules({ shape: SHAPE, mix: 'ipc', count: 50, seed });
  const keys = (seed: number) => generateTrace({ shape: SHAPE, rules: rules(1), count: 50, seed });
  expect(rules(1)).toEqual(rules(1));
  expect(rules(1)).not.toEqual(rules(2));
  expect(keys(1)).toEqual(keys(1));
  expect(keys(1)).not.toEqual(keys(2));
});

test('A trace hits many rules of both families, and misses now and then.', () => {
  const rules = generateRules({ shape: SHAPE, mix: 'acl', count: 300, seed: 3 });
  const keys = generateTrace({ shape: SHAPE, rules, count: 3000, seed: 4 });
  const found = keys.map((key) => linearOracle(rules, key));
  expect(new Set(found).size).toBeGreaterThan(200);
  const missed = found.filter((number) => number === undefined).length;
  expect(missed).toBeGreaterThan(0);
  expect(missed).toBeLessThan(300);
  const lengths = new Set(keys.map(([src]) => (typeof src === 'object' ? src.length : 0)));
  expect(lengths).toEqual(new Set([4, 16]));
});
