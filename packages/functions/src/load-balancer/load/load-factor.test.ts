import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LoadFactor } from './load-factor.ts';

const after = (loads: readonly (number | undefined)[], start?: number) => {
  const load = new LoadFactor(start);
  const changes = loads.filter((one) => load.told(one)).length;
  return { factor: load.factor, changes };
};
const often = <T>(value: T, count: number): T[] => Array.from({ length: count }, () => value);

test('load takes weight away, and a full server keeps a little (eLB 7: load 1 counted as full on any number of cores)', () => {
  expect(after([0.5]).factor).toBe(0.5);
  expect(after(often(1, 20)).factor).toBe(0.05);
  expect(after(often(7, 20)).factor).toBe(0.05);
  expect(after([...often(1, 20), ...often(0, 30)]).factor).toBeGreaterThan(0.9);
});

test('small changes of load move no weight', () => {
  const trembling = Array.from({ length: 200 }, (_, index) => 0.5 + (index % 2 === 0 ? 0.06 : -0.06));
  expect(after(trembling).changes).toBe(1);
});

test('a query that failed is no load (eLB 7: a timeout counted as none free)', () => {
  expect(after([0.6, ...often(undefined, 9)]).factor).toBe(0.4);
  expect(after([undefined]).factor).toBe(1);
  // What is not known for long is not held against anybody.
  expect(after([0.6, ...often(undefined, 10)]).factor).toBe(1);
});

test('the factor is between a twentieth and one, whatever is told', () => {
  const answer = fc.option(fc.double({ min: -10, max: 1000, noNaN: true }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 80 }), (loads) => {
      const { factor } = after(loads);
      expect(factor).toBeGreaterThanOrEqual(0.05);
      expect(factor).toBeLessThanOrEqual(1);
    }),
  );
});
