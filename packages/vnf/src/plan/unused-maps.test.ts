import { expect, test } from 'vitest';
import { array, next, table, u16, vnf } from '../index.ts';
import { planFunction } from './plan-function.ts';
import { unusedMaps } from './unused-maps.ts';

const shape = { key: { port: u16 }, value: { count: u16 }, max: 10 };
const spec = vnf({
  name: 'sample',
  tables: {
    plain: table(shape),
    kept: table({ ...shape, durable: true }),
    places: array({ value: { n: u16 }, max: 4 }),
  },
  fastPath: () => next,
});

test('tables that a configuration has no use for are named by their maps', () => {
  expect(unusedMaps(planFunction(spec), ['plain'])).toEqual(new Set(['plain']));
});

test.each(['kept', 'places', 'other'])('%s cannot be done without', (path) => {
  expect(() => unusedMaps(planFunction(spec), [path])).toThrow(`unusedTables, ${path}: no table() of that name`);
});
