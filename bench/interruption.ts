const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Ctrl-C ends a scenario where it next tells its progress, in order: chains are stopped, namespaces deleted. A second one ends the
 *  process at once; then pinned chains stay, and `twinpath down` takes them away. */
export class Interruption {
  readonly #controller = new AbortController();

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#interrupt);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly #interrupt = () => {
    // Behind the other listeners of this signal, which leave the end to who listens, too.
    setImmediate(() => {
      for (const signal of SIGNALS) process.off(signal, this.#interrupt);
    });
    console.error('ending behind what is being measured; the next signal ends at once');
    this.#controller.abort(new Error('interrupted'));
  };
}
