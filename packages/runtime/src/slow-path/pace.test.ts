import { expect, test } from 'vitest';
import { Pace } from './pace.ts';

/** Records one by one, so many milliseconds from each other; when the last one came. */
function come(pace: Pace, count: number, ms: number, from = 0): number {
  for (let record = 1; record <= count; record++) pace.came(1, from + record * ms);
  return from + count * ms;
}

test('behind records that come often the next is expected, for a while', () => {
  const pace = new Pace();
  const now = come(pace, 50, 0.05);
  expect(pace.isSoon(now + 0.15)).toBe(true);
  expect(pace.isSoon(now + 0.25)).toBe(false);
});

test('behind records that come seldom nobody looks', () => {
  const pace = new Pace();
  const now = come(pace, 50, 0.5);
  expect(pace.isSoon(now)).toBe(false);
});

test('a batch is as many records as it has', () => {
  const pace = new Pace();
  for (let batch = 1; batch <= 50; batch++) pace.came(100, batch);
  expect(pace.isSoon(50)).toBe(true);
});

test('a pause of any length is forgotten within thirty records that come often', () => {
  const pace = new Pace();
  const before = come(pace, 50, 0.05);
  const now = come(pace, 30, 0.05, before + 60_000);
  expect(pace.isSoon(now)).toBe(true);
});
