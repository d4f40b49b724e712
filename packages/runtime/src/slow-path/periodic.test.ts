import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LimitedLog } from './limited-log.ts';
import { every } from './periodic.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const open = () => ({ stop: new AbortController(), failed: vi.fn() });

describe('every', () => {
  test('runs a task at its period until the signal', async () => {
    const { stop, failed } = open();
    const task = vi.fn();
    every('100 ms', task, { signal: stop.signal, failed });
    await vi.advanceTimersByTimeAsync(350);
    expect(task).toHaveBeenCalledTimes(3);
    stop.abort();
    await vi.advanceTimersByTimeAsync(1000);
    expect(task).toHaveBeenCalledTimes(3);
  });

  test('never runs a task twice at once', async () => {
    const { stop, failed } = open();
    let running = 0;
    let most = 0;
    const task = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 250));
      running--;
    };
    every('100 ms', task, { signal: stop.signal, failed });
    await vi.advanceTimersByTimeAsync(2000);
    expect(most).toBe(1);
    stop.abort();
  });

  test('asks for the period anew each time', async () => {
    const { stop, failed } = open();
    const periods = [1e8, 3e8, 1e9];
    const task = vi.fn();
    every(() => periods.shift() ?? 1e12, task, { signal: stop.signal, failed });
    await vi.advanceTimersByTimeAsync(100);
    expect(task).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(299);
    expect(task).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(task).toHaveBeenCalledTimes(2);
    stop.abort();
  });

  test('goes on behind a task that fails', async () => {
    const { stop, failed } = open();
    const task = vi.fn(() => Promise.reject(new Error('no')));
    every('100 ms', task, { signal: stop.signal, failed });
    await vi.advanceTimersByTimeAsync(250);
    expect(failed).toHaveBeenCalledTimes(2);
    stop.abort();
  });
});

test('of one kind of line one a second is written, with how many were not', () => {
  const lines: string[] = [];
  const line = (text: string) => void lines.push(text);
  const log = new LimitedLog({ debug: line, info: line, warn: line, error: line });
  for (let packet = 0; packet < 5; packet++) log.write('warn', 'a', 'lost');
  log.write('warn', 'b', 'other');
  vi.advanceTimersByTime(1000);
  log.write('warn', 'a', 'lost');
  expect(lines).toEqual(['lost', 'other', 'lost (and 4 times more before)']);
});
