import { join } from 'node:path';

/** Where a chain keeps what outlives a reboot. */
export class StateDirectory {
  readonly #directory: string;

  /** Milliseconds between two times that something is written there. */
  readonly periodMs: number;

  constructor(root: string, chain: string, periodSeconds = 30) {
    this.#directory = join(root, chain);
    this.periodMs = periodSeconds * 1000;
  }

  /** Of the tables of a function. */
  fileOf(functionName: string): string {
    return join(this.#directory, `${functionName}.tables`);
  }
}
