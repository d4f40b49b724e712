/** Milliseconds for which it pays to look again behind the last record: a wake-up costs more than a few looks, for the program that wakes
 *  too. */
const LOOK_AGAIN_MS = 0.2;
/** Milliseconds from record to record. Where the next one is farther off, looking costs more than being woken, and takes the CPU from
 *  those whom the packets are for. */
const OFTEN_MS = 0.1;
/** Of the latest records in the mean. */
const SHARE = 1 / 8;
/** No time counts for more, so that a pause is soon forgotten. */
const LONGEST_MS = 1;

/** How often records come. Times are those of `performance.now()`. */
export class Pace {
  #last = Number.NEGATIVE_INFINITY;
  #between = LONGEST_MS;

  came(records: number, now: number): void {
    const between = Math.min(LONGEST_MS, (now - this.#last) / records);
    this.#between += SHARE * (between - this.#between);
    this.#last = now;
  }

  /** The next is to be expected so soon that nobody should have to wake. */
  isSoon(now: number): boolean {
    return this.#between < OFTEN_MS && now - this.#last < LOOK_AGAIN_MS;
  }
}
