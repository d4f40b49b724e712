import type { Event } from '@twinpath/api';

type WithoutHead<E> = E extends unknown ? Omit<E, 'id' | 'at'> : never;
export type NewEvent = WithoutHead<Event>;

/** So many are kept for those who come back. */
const KEPT = 2000;
/** Of a listener that does not read: then it is let go of. */
const MOST_WAITING = 10_000;

/** What happens, for who listens now, and for who has listened before. */
export class EventLog {
  readonly #kept: Event[] = [];
  readonly #listeners = new Set<(event: Event) => void>();
  #last = 0;

  add(event: NewEvent): void {
    const numbered: Event = { id: ++this.#last, at: new Date().toISOString(), ...event };
    this.#kept.push(numbered);
    if (this.#kept.length > KEPT) this.#kept.shift();
    for (const listener of this.#listeners) listener(numbered);
  }

  /** Events behind `after` that are still there, then those that come; default: only those that come. Ends with `signal`. */
  async *listen(signal: AbortSignal, after?: number): AsyncGenerator<Event> {
    const waiting = after === undefined ? [] : this.#kept.filter(({ id }) => id > after);
    let wake = Promise.withResolvers<void>();
    const listener = (event: Event) => {
      waiting.push(event);
      wake.resolve();
    };
    this.#listeners.add(listener);
    const end = () => wake.resolve();
    signal.addEventListener('abort', end, { once: true });
    try {
      while (!signal.aborted && waiting.length <= MOST_WAITING) {
        const next = waiting.shift();
        if (next !== undefined) {
          yield next;
          continue;
        }
        await wake.promise;
        wake = Promise.withResolvers<void>();
      }
    } finally {
      this.#listeners.delete(listener);
      signal.removeEventListener('abort', end);
    }
  }
}
