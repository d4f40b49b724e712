import type { RingBuffer } from '@twinpath/ebpf';

/** Records of one turn of the event loop: what a handler writes to a process for each of them must fit into its pipe (208 KiB), which
 *  one turn fills once. */
const BUDGET = 512;
/** Milliseconds for which it looks again by itself behind the last record: a wake-up costs more than a few looks, for the program
 *  that wakes too. */
const LOOK_AGAIN_MS = 0.2;

/** Empties a ring whose wake-ups come from elsewhere: one for each time that records came to an empty ring. */
export class RingConsumer implements Disposable {
  readonly #ring: RingBuffer;
  readonly #drain: () => number;
  #turn: NodeJS.Immediate | undefined;
  #lastRecord = Number.NEGATIVE_INFINITY;
  #disposed = false;

  /** `within`: what handlers are to run in. */
  constructor(ring: RingBuffer, within: (work: () => number) => number) {
    this.#ring = ring;
    this.#drain = () => within(() => ring.drain(BUDGET));
  }

  wake(): void {
    if (!this.#disposed) this.#turn ??= setImmediate(() => this.#look());
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    this.#ring[Symbol.dispose]();
  }

  #look(): void {
    this.#turn = undefined;
    try {
      if (this.#drain() > 0) this.#lastRecord = performance.now();
    } finally {
      if (this.#ring.available > 0 || performance.now() - this.#lastRecord < LOOK_AGAIN_MS) this.wake();
    }
  }
}
