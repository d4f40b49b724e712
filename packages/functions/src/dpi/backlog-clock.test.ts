import { expect, it } from 'vitest';
import { BacklogClock } from './backlog-clock.ts';

const SECOND = 1e9;

it('time goes by what has been looked at, and catches up where nothing comes', () => {
  let now = 100 * SECOND;
  const clock = new BacklogClock(() => now);
  expect(clock.tick()).toBe(now);

  clock.looksAt(96 * SECOND);
  expect(clock.tick()).toBe(96 * SECOND);

  // A second without a turn: what waits may be older than a second still.
  now += SECOND;
  expect(clock.tick()).toBe(98 * SECOND);
  clock.looksAt(97 * SECOND);
  expect(clock.tick()).toBe(97 * SECOND);

  const idle = Array.from({ length: 6 }, () => {
    now += SECOND;
    return now - clock.tick();
  });
  expect(idle).toEqual([3, 2, 1, 0, 0, 0].map((seconds) => seconds * SECOND));
});

it('a packet from the future is of now', () => {
  const clock = new BacklogClock(() => 5);
  clock.looksAt(7);
  expect(clock.tick()).toBe(5);
});
