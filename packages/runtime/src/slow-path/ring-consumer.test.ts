import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RingConsumer, type RingConsumerOptions } from './ring-consumer.ts';

const TURN = 512;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A ring of 10,000 records, of which so many wait, and how many were read when. */
function consume(waiting: number, options: Partial<RingConsumerOptions> = {}) {
  const reads: [at: number, records: number][] = [];
  const start = Date.now();
  const ring = {
    size: 10_000,
    available: waiting,
    drain(budget = 0) {
      const records = Math.min(budget, ring.available);
      ring.available -= records;
      if (records > 0) reads.push([Date.now() - start, records]);
      return records;
    },
    [Symbol.dispose]() {},
  };
  const share = { yieldMs: () => 30 };
  const consumer = new RingConsumer({ ring, within: (work) => work(), isAwaited: () => false, share, ...options });
  consumer.wake();
  return { ring, reads, consumer };
}

test('a burst of records for which nobody waits is read in turns, with pauses for others who want the CPU', async () => {
  const { reads, consumer } = consume(TURN + 1);
  await vi.advanceTimersByTimeAsync(29);
  consumer.wake();
  expect(reads).toEqual([[0, TURN]]);
  await vi.advanceTimersByTimeAsync(10);
  expect(reads).toEqual([
    [0, TURN],
    [30, 1],
  ]);
});

test.each([
  ['nobody else wants the CPU', TURN + 1, { share: { yieldMs: () => 0 } }],
  ['somebody waits for an answer', TURN + 1, { isAwaited: () => true }],
  ['the ring is nearly full', 9000, {}],
] as const)('there is no pause where %s', async (_, waiting, options) => {
  const { reads } = consume(waiting, options);
  await vi.advanceTimersByTimeAsync(5);
  expect(reads.slice(0, 2).map(([, records]) => records)).toEqual([TURN, Math.min(TURN, waiting - TURN)]);
});

test('a pause ends where the ring fills meanwhile', async () => {
  const { ring, reads } = consume(TURN);
  await vi.advanceTimersByTimeAsync(2);
  ring.available = 9000;
  await vi.advanceTimersByTimeAsync(4);
  expect(reads.slice(0, 2).map(([, records]) => records)).toEqual([TURN, TURN]);
});

test('who is disposed in a pause reads no more', async () => {
  const { reads, consumer } = consume(2 * TURN);
  await vi.advanceTimersByTimeAsync(10);
  consumer[Symbol.dispose]();
  await vi.advanceTimersByTimeAsync(1000);
  expect(reads).toHaveLength(1);
});
