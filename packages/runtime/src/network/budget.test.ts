import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Budget } from './budget.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const taken = (budget: Budget, tries: number) =>
  Array.from({ length: tries }, () => budget.take()).filter(Boolean).length;

test('so many at once, and no more', () => {
  expect(taken(new Budget(200), 500)).toBe(200);
});

test('it fills again with time, and never above a second’s worth', () => {
  const budget = new Budget(200);
  taken(budget, 200);
  vi.advanceTimersByTime(100);
  expect(taken(budget, 500)).toBe(20);
  vi.advanceTimersByTime(3600_000);
  expect(taken(budget, 500)).toBe(200);
});
