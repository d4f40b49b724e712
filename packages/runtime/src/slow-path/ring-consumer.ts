import type { RingBuffer } from '@twinpath/ebpf';
import { CpuShare } from './cpu-share.ts';
import { Pace } from './pace.ts';

/** Records of one turn of the event loop: what a handler writes to a process for each of them must fit into its pipe (208 KiB), which
 *  one turn fills once. */
const BUDGET = 512;
/** As long as a ring is not fuller, records for which nobody waits may. */
const PATIENT_UP_TO = 0.75;
/** Milliseconds from look to look at how full it is meanwhile. */
const STEP_MS = 5;

export interface RingConsumerOptions {
  readonly ring: Pick<RingBuffer, 'drain' | 'available' | 'size'> & Disposable;
  /** Somebody waits for what becomes of the last drain's records. */
  readonly isAwaited: () => boolean;
  readonly share?: Pick<CpuShare, 'yieldMs'>;
  /** What handlers are to run in. */
  within(work: () => number): number;
}

/** Empties a ring whose wake-ups come from elsewhere: one for each time that records came to an empty ring. Where others want this
 *  CPU, records for which nobody waits are read when those have had most of it: a burst goes by first. */
export class RingConsumer implements Disposable {
  readonly #ring: RingConsumerOptions['ring'];
  readonly #drain: () => number;
  readonly #isAwaited: () => boolean;
  readonly #share: Pick<CpuShare, 'yieldMs'>;
  #turn: NodeJS.Immediate | undefined;
  #pause: NodeJS.Timeout | undefined;
  readonly #pace = new Pace();
  #disposed = false;

  constructor({ ring, within, isAwaited, share = new CpuShare() }: RingConsumerOptions) {
    this.#ring = ring;
    this.#drain = () => within(() => ring.drain(BUDGET));
    this.#isAwaited = isAwaited;
    this.#share = share;
  }

  wake(): void {
    if (!this.#disposed && this.#pause === undefined) this.#turn ??= setImmediate(() => this.#look());
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    if (this.#turn !== undefined) clearImmediate(this.#turn);
    clearTimeout(this.#pause);
    this.#ring[Symbol.dispose]();
  }

  #look(): void {
    this.#turn = undefined;
    let count = 0;
    try {
      count = this.#drain();
      if (count > 0) this.#pace.came(count, performance.now());
    } finally {
      const ms = count === BUDGET ? this.#yieldMs() : 0;
      if (ms > 0) this.#sleep(ms);
      else if (this.#ring.available > 0 || this.#pace.isSoon(performance.now())) this.wake();
    }
  }

  #yieldMs(): number {
    return !this.#isAwaited() && this.#hasRoom ? this.#share.yieldMs() : 0;
  }

  get #hasRoom(): boolean {
    return this.#ring.available < PATIENT_UP_TO * this.#ring.size;
  }

  #sleep(ms: number): void {
    if (this.#disposed) return;
    this.#pause = setTimeout(
      () => {
        this.#pause = undefined;
        if (ms > STEP_MS && this.#hasRoom) this.#sleep(ms - STEP_MS);
        else this.#look();
      },
      Math.min(ms, STEP_MS),
    );
  }
}
