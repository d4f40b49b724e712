import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maglevRing, type Weighted } from './maglev.ts';

const SLOTS = 1021;
const backend = (index: number, weight: number): Weighted => ({ address: `10.0.0.${index}`, port: 8080, weight });
const weights = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 12 });
const backends = (of: readonly number[]) => of.map((weight, index) => backend(index, weight));

function shares(ring: Int32Array | undefined, count: number): number[] {
  return Array.from({ length: count }, (_, index) => ring?.filter((one) => one === index).length ?? 0);
}
const moved = (a: Int32Array | undefined, b: Int32Array | undefined) =>
  a?.reduce((sum, one, slot) => sum + (one === b?.[slot] ? 0 : 1), 0) ?? 0;

test('every backend has its share of the slots, to within a few', () => {
  fc.assert(
    fc.property(weights, (of) => {
      const total = of.reduce((sum, weight) => sum + weight, 0);
      fc.pre(total > 0);
      const heaviest = Math.max(...of);
      for (const [index, share] of shares(maglevRing(backends(of), SLOTS), of.length).entries()) {
        const weight = of[index] ?? 0;
        // Each waits for less than a slot; all of these together are turns of those that do not, for their part of them.
        const most = 1 + weight / heaviest + (of.length * weight) / total;
        expect(Math.abs(share - (SLOTS * weight) / total)).toBeLessThanOrEqual(most);
        if (weight === 0) expect(share).toBe(0);
      }
    }),
  );
});

test('without any weight there is no ring (eLB 2: a division by zero ended the updates)', () => {
  expect(maglevRing([], SLOTS)).toBeUndefined();
  expect(maglevRing(backends([0, 0]), SLOTS)).toBeUndefined();
});

test('the order of the backends does not matter: two balancers place alike', () => {
  fc.assert(
    fc.property(weights, fc.nat(), (of, turn) => {
      const given = backends(of);
      const at = turn % given.length;
      const turned = [...given.slice(at), ...given.slice(0, at)];
      const [one, other] = [maglevRing(given, SLOTS), maglevRing(turned, SLOTS)];
      expect(one && [...one].map((index) => given[index])).toEqual(other && [...other].map((index) => turned[index]));
    }),
  );
});

test('a backend that goes moves its own slots and few others (eLB 6: every change moved every slot)', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 12 }), fc.nat(), (count, which) => {
      const of = Array.from({ length: count }, () => 10);
      const gone = which % count;
      const before = maglevRing(backends(of), SLOTS);
      const after = maglevRing(backends(of.with(gone, 0)), SLOTS);
      const own = shares(before, count)[gone] ?? 0;
      expect(shares(after, count)[gone]).toBe(0);
      // NSDI 2016, figure 12: some per cent of the others.
      expect(moved(before, after)).toBeLessThanOrEqual(own + 0.2 * SLOTS);
    }),
  );
});

test('a small change of weight moves few slots', () => {
  const before = maglevRing(backends([100, 100, 100, 100]), SLOTS);
  const after = maglevRing(backends([100, 100, 100, 90]), SLOTS);
  expect(moved(before, after)).toBeLessThan(0.15 * SLOTS);
  expect(moved(before, before)).toBe(0);
});

test('other ports and addresses walk other ways', () => {
  const one = maglevRing([backend(1, 1), backend(2, 1)], SLOTS);
  const other = maglevRing([{ ...backend(1, 1), port: 8081 }, backend(2, 1)], SLOTS);
  expect(moved(one, other)).toBeGreaterThan(0);
});
