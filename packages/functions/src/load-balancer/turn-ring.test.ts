import fc from 'fast-check';
import { expect, test } from 'vitest';
import { turnRing } from './turn-ring.ts';

const ringOf = (weights: readonly number[], slots: number) =>
  turnRing(
    weights.map((weight) => ({ weight })),
    slots,
  );

test('turns are spread evenly, not one backend behind the other', () => {
  expect([...(ringOf([5, 1, 1], 7) ?? [])]).toEqual([0, 0, 1, 0, 2, 0, 0]);
  expect([...(ringOf([1, 1, 1], 6) ?? [])]).toEqual([0, 1, 2, 0, 1, 2]);
});

test('in every round of the weights each backend has its turns', () => {
  const weights = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(weights, (of) => {
      const total = of.reduce((sum, weight) => sum + weight, 0);
      fc.pre(total > 0);
      const ring = [...(ringOf(of, 2 * total) ?? [])];
      for (const [index, weight] of of.entries()) {
        expect(ring.slice(0, total).filter((one) => one === index)).toHaveLength(weight);
        expect(ring.slice(total).filter((one) => one === index)).toHaveLength(weight);
      }
    }),
  );
});

test('without any weight there are no turns', () => {
  expect(ringOf([0, 0], 7)).toBeUndefined();
  expect(ringOf([], 7)).toBeUndefined();
});
