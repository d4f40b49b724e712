import { expect, it } from 'vitest';
import { clearEventFd, createEventFd, signalEventFd } from './event-fd.ts';
import { FdWait } from './fd-wait.ts';

it('an event descriptor is readable from a signal until it is cleared, however often it was signalled', () => {
  using fd = createEventFd();
  const wait = new FdWait([fd.number]);
  expect(wait.wait(0)).toBe(false);
  for (let time = 0; time < 3; time++) signalEventFd(fd.number);
  expect([wait.wait(0), wait.wait(0)]).toEqual([true, true]);
  clearEventFd(fd.number);
  expect(wait.wait(0)).toBe(false);
  // Nothing to clear.
  clearEventFd(fd.number);
});
