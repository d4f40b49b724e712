import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Names } from './names.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a storm of flows asks the resolver once for each name, and again a second after the answer', async () => {
  const asked: string[] = [];
  const names = new Names(async (name) => {
    asked.push(name);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    return [`10.0.0.${asked.length}`];
  });
  const storm = Array.from({ length: 1000 }, () => names.addressesOf('a.example'));
  const other = names.addressesOf('b.example');
  await vi.advanceTimersByTimeAsync(3500);
  expect(new Set((await Promise.all(storm)).flat())).toEqual(new Set(['10.0.0.2']));
  await other;
  await names.addressesOf('a.example');
  expect(asked).toEqual(['a.example', 'b.example']);
  await vi.advanceTimersByTimeAsync(600);
  void names.addressesOf('a.example');
  expect(asked).toEqual(['a.example', 'b.example', 'a.example']);
});

test('a failure is not kept for longer', async () => {
  let asked = 0;
  const names = new Names(() => Promise.reject(new Error(`failure ${++asked}`)));
  await expect(names.addressesOf('a.example')).rejects.toThrow('failure 1');
  await vi.advanceTimersByTimeAsync(1001);
  await expect(names.addressesOf('a.example')).rejects.toThrow('failure 2');
});
