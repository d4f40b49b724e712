import type { EngineRingBuffer } from '@twinpath/engine';

/** Records of one turn of the event loop. */
const BUDGET = 4096;

/** Empties a ring of an engine each time that it is woken, in a turn of its own. */
export class RecordReader implements Disposable {
  readonly #ring: EngineRingBuffer;
  readonly #drain: () => void;
  #turn: NodeJS.Immediate | undefined;
  #disposed = false;

  /** `drained`: there are no more for now, or it is time to do something else. `within`: what handlers are to run in. */
  constructor(ring: EngineRingBuffer, drained: () => void, within: (work: () => void) => void) {
    this.#ring = ring;
    this.#drain = () =>
      within(() => {
        if (ring.drain(BUDGET) > 0) drained();
      });
  }

  wake(): void {
    if (!this.#disposed && this.#ring.available > 0) this.#turn ??= setImmediate(() => this.#look());
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    clearImmediate(this.#turn);
  }

  #look(): void {
    this.#turn = undefined;
    try {
      this.#drain();
    } finally {
      this.wake();
    }
  }
}
