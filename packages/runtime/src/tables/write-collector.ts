/** A map that holds writes back. */
export interface Collecting {
  /** Writes what is held back. */
  writeCollected(): void;
  /** What was refused since the last time. */
  takeRefused(): readonly Error[];
}

/**
 * Holds back single writes to tables while events of one drain are handled, so that they become one system call for each table
 * and batch of them. Whoever reads meanwhile sees them written.
 */
export class WriteCollector {
  readonly #waiting = new Set<Collecting>();
  #open = false;

  /** Writes may be held back. */
  get isOpen(): boolean {
    return this.#open;
  }

  open(): void {
    this.#open = true;
  }

  /** This map holds something back. */
  add(one: Collecting): void {
    this.#waiting.add(one);
  }

  /** All that is held back so far is written: a packet is about to go out. */
  write(): void {
    for (const one of this.#waiting) one.writeCollected();
  }

  /** All is written, and from now on at once. Gives what was refused: nobody else is told. */
  close(): readonly Error[] {
    this.#open = false;
    if (this.#waiting.size === 0) return [];
    this.write();
    const refused = [...this.#waiting].flatMap((one) => one.takeRefused());
    this.#waiting.clear();
    return refused;
  }
}
