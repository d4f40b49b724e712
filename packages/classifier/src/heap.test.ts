import { expect, test } from 'vitest';
import { ClassifierError } from './classifier-error.ts';
import { Heap } from './heap.ts';

test('A heap keeps its words while it grows, up to its limit, and then says that the rules overlap too much.', () => {
  const heap = new Heap(1024 * 1024);
  const first = heap.allocate(1);
  heap.set(first, 1, 2);
  const rest = heap.allocate(128 * 1024 - 1);
  heap.copy(first, rest);
  expect([...heap.halves.subarray(0, 4)]).toEqual([1, 2, 1, 2]);
  expect(() => heap.allocate(1)).toThrow(ClassifierError);
  expect(() => heap.allocate(1)).toThrow('more than 1048576 bytes: they overlap too much');
});
