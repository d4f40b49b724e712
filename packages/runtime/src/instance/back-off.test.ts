import { expect, test } from 'vitest';
import { BackOff } from './back-off.ts';

test('each attempt comes twice as late, up to half a minute', () => {
  const backOff = new BackOff();
  const waits = Array.from({ length: 11 }, () => backOff.failed(0));
  expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
});

test('who was well for a minute begins anew, and who was not does not', () => {
  const backOff = new BackOff();
  expect(backOff.failed(0)).toBe(100);
  backOff.began(1000);
  expect(backOff.failed(60_999)).toBe(200);
  backOff.began(100_000);
  expect(backOff.failed(160_000)).toBe(100);
});
