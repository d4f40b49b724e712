import { AsyncLocalStorage } from 'node:async_hooks';
import { WORD } from './messages.ts';

/** Knows whose code runs in this worker: for what nobody catches, and, by the word that the main thread sees, for what never ends. */
export class AuthorCode {
  readonly #words: Int32Array;
  /** Follows timers and promises that the code makes. */
  readonly #owner = new AsyncLocalStorage<number>();

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** Whose code it is that runs, or that has just thrown; 0: nobody's. */
  get owner(): number {
    return this.#owner.getStore() ?? 0;
  }

  run<T>(instance: number, work: () => T): T {
    const before = Atomics.exchange(this.#words, WORD.current, instance);
    try {
      return this.#owner.run(instance, work);
    } finally {
      Atomics.store(this.#words, WORD.current, before);
    }
  }
}
