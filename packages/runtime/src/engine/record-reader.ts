import type { EngineRingBuffer } from '@twinpath/engine';

/** Records of one turn of the event loop. */
const BUDGET = 4096;

/** Empties a ring of an engine each time that it is woken, in a turn of its own. */
export class RecordReader implements Disposable {
  readonly #ring: EngineRingBuffer;
  readonly #drained: () => void;
  #turn: NodeJS.Immediate | undefined;
  #disposed = false;

  /** `drained`: there are no more for now, or it is time to do something else. */
  constructor(ring: EngineRingBuffer, drained: () => void) {
    this.#ring = ring;
    this.#drained = drained;
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
      if (this.#ring.drain(BUDGET) > 0) this.#drained();
    } finally {
      this.wake();
    }
  }
}
