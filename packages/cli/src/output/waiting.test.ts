import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CLEAR_LINE } from './clear-line.ts';
import { longLists, showWaiting } from './waiting.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function terminal(isTTY = true) {
  const written: string[] = [];
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  return { written, isTTY, columns: 80, write };
}

const rules = Array.from({ length: 100_000 }, () => ({ action: 'allow' }));

test('whoever waits for long lists is told of them and how long it has taken, from two seconds on, and the line goes', () => {
  const shown = terminal();
  const what = `starting edge${longLists([{ name: 'firewall', config: { rules, sets: [] } }, { name: 'dpi' }])}`;
  const line = showWaiting(what, shown);
  vi.advanceTimersByTime(1999);
  expect(shown.written).toEqual([]);
  vi.advanceTimersByTime(1001);
  expect(shown.written).toEqual([2, 3].map((s) => `${CLEAR_LINE}starting edge (firewall: 100 000 rules) … ${s} s`));
  line[Symbol.dispose]();
  vi.advanceTimersByTime(5000);
  expect(shown.written.slice(2)).toEqual([CLEAR_LINE]);
});

test('a quick start and a stream that is no terminal show nothing', () => {
  const [quick, piped] = [terminal(), terminal(false)];
  const lines = [showWaiting('starting edge', quick), showWaiting('starting edge', piped)];
  vi.advanceTimersByTime(1500);
  lines[0]?.[Symbol.dispose]();
  vi.advanceTimersByTime(5000);
  expect([...quick.written, ...piped.written]).toEqual([]);
});
