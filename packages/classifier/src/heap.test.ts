import { expect, test } from 'vitest';
import { Heap } from './heap.ts';

test('A heap keeps its words while it grows.', () => {
  const heap = new Heap();
  const first = heap.allocate(1);
  heap.set(first, 1, 2);
  const rest = heap.allocate(128 * 1024 - 1);
  heap.copy(first, rest);
  expect([...heap.halves.subarray(0, 4)]).toEqual([1, 2, 1, 2]);
});
