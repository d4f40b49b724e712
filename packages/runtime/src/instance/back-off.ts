const FIRST_MS = 100;
const MOST_MS = 30_000;
/** Who has been well for so long begins anew. */
const HEALTHY_MS = 60_000;

/** How long to wait before the next attempt: twice as long each time. */
export class BackOff {
  #next = FIRST_MS;
  #begun: number | undefined;

  /** It runs. `now`: milliseconds of any clock that does not go back. */
  began(now: number): void {
    this.#begun = now;
  }

  /** It has failed. Milliseconds. */
  failed(now: number): number {
    if (this.#begun !== undefined && now - this.#begun >= HEALTHY_MS) this.#next = FIRST_MS;
    this.#begun = undefined;
    const wait = this.#next;
    this.#next = Math.min(MOST_MS, wait * 2);
    return wait;
  }
}
