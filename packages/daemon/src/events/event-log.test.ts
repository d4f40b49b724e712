import { expect, test } from 'vitest';
import { EventLog } from './event-log.ts';

const revisions = async (events: EventLog, wanted: number, after?: number): Promise<number[]> => {
  const ended = new AbortController();
  const found: number[] = [];
  for await (const event of events.listen(ended.signal, after)) {
    if (event.kind === 'confirmed') found.push(event.revision);
    if (found.length === wanted) ended.abort();
  }
  return found;
};

test('who listens hears what happens, and who comes back what has happened since', async () => {
  const events = new EventLog();
  const add = (revision: number) => events.add({ kind: 'confirmed', revision });
  add(1);
  const live = revisions(events, 2);
  const late = revisions(events, 3, 0);
  add(2);
  add(3);
  expect(await live).toEqual([2, 3]);
  expect(await late).toEqual([1, 2, 3]);
  expect(await revisions(events, 1, 2)).toEqual([3]);
});

test('who does not read is let go of, and costs no more memory', async () => {
  const events = new EventLog();
  const listening = events.listen(new AbortController().signal);
  const first = listening.next();
  for (let revision = 1; revision <= 20_000; revision++) events.add({ kind: 'confirmed', revision });
  await first;
  expect(await listening.next()).toEqual({ value: undefined, done: true });
});
