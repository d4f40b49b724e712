// Large tables, a little at a time: who shares the thread has its turn between two slices.

import { setImmediate as turn } from 'node:timers/promises';

/** Entries between two looks at the clock. */
const SLICE = 512;
/** Milliseconds of one turn of the event loop. */
const TURN_MS = 5;

/** As `for … of`, over as many turns of the event loop as it takes. `slice`: called behind each, before others have their turn. */
export async function eachInSlices<T>(
  items: Iterable<T>,
  visit: (item: T) => void,
  slice: () => void = () => {},
): Promise<void> {
  let until = performance.now() + TURN_MS;
  let count = 0;
  for (const item of items) {
    visit(item);
    if (++count % SLICE !== 0 || performance.now() < until) continue;
    slice();
    await turn();
    until = performance.now() + TURN_MS;
  }
  slice();
}

/** The same, for `for await … of`. */
export async function* inSlices<T>(items: Iterable<T>): AsyncGenerator<T> {
  let until = performance.now() + TURN_MS;
  let count = 0;
  for (const item of items) {
    yield item;
    if (++count % SLICE !== 0 || performance.now() < until) continue;
    await turn();
    until = performance.now() + TURN_MS;
  }
}
