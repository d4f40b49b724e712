/** Packets that were to be sent back, and are lost. `cause`: what the kernel said. */
export class UndeliveredError extends Error {
  override readonly name = 'UndeliveredError';
  readonly code = 'TP_UNDELIVERED';
  readonly packets: number;

  constructor(packets: number, cause?: unknown) {
    const why = cause instanceof Error ? cause.message : 'no program is where they were to go on';
    super(`${packets} ${packets === 1 ? 'packet' : 'packets'} could not be sent back: ${why}`, { cause });
    this.packets = packets;
  }
}

/** Adds up what went wrong while a batch went out, so that the rest of it goes out too. */
export class Losses {
  #packets = 0;
  #cause: unknown;

  add(packets: number, cause?: unknown): void {
    this.#packets += packets;
    this.#cause ??= cause;
  }

  /** @throws UndeliveredError for what was lost since the last time. */
  report(): void {
    if (this.#packets === 0) return;
    const error = new UndeliveredError(this.#packets, this.#cause);
    this.#packets = 0;
    this.#cause = undefined;
    throw error;
  }
}
