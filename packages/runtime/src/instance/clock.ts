import { clockNs } from '@twinpath/linux';

/** The time of an instance. */
export interface Clock {
  /** What the fast path's `packet.now` is. */
  readonly ns: () => number;
  /** Of entries that age. */
  readonly seconds: () => number;
}

/** CLOCK_MONOTONIC. */
export const machineClock: Clock = {
  ns: () => Number(clockNs('monotonic')),
  seconds: () => Number(clockNs('monotonic-coarse') / 1_000_000_000n),
};

/** It stands until it is moved. */
export class StandingClock implements Clock {
  #ns = machineClock.ns();

  readonly ns = (): number => this.#ns;
  readonly seconds = (): number => Math.floor(this.#ns / 1e9);

  advance(nanoseconds: number): void {
    this.#ns += nanoseconds;
  }
}
