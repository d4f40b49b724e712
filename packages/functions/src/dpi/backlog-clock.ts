import type { instant } from '@twinpath/vnf';

/** Nanoseconds of backlog that a tick without packets takes for gone: where none is left, time has caught up by then. */
const CAUGHT_UP_NS = 1e9;

/** The time up to which packets have been looked at. Those that wait to be are hardly younger than the last one that was, though
 *  it be seconds ago, and none may have been looked at since the tick before. */
export class BacklogClock {
  readonly #now: () => instant;
  #behind = 0;
  #isIdle = false;

  constructor(now: () => instant) {
    this.#now = now;
  }

  /** A packet that came at `at` is being looked at. */
  looksAt(at: instant): void {
    this.#behind = Math.max(0, this.#now() - at);
    this.#isIdle = false;
  }

  /** To be asked once a second. */
  tick(): instant {
    if (this.#isIdle) this.#behind = Math.max(0, this.#behind - CAUGHT_UP_NS);
    this.#isIdle = true;
    return this.#now() - this.#behind;
  }
}
