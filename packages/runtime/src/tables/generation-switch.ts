import type { Generation } from '@twinpath/vnf/plan';
import type { InstanceState } from './state.ts';

/** Which of two generations of some tables packets see. */
export interface GenerationSwitch {
  readonly current: Generation;
  /** The current generation may be changed in place. */
  readonly inPlace: boolean;
  /** A generation that may be filled from now on. */
  begin(): Generation;
  /** Packets see this one from now on. */
  commit(generation: Generation): void;
}

/** Packets are running: a generation that was left may still be seen for a while. */
export class LiveSwitch implements GenerationSwitch {
  readonly inPlace = true;
  readonly #state: InstanceState;
  readonly #index: number;
  readonly #graceMs: number;
  #leftAt = Number.NEGATIVE_INFINITY;

  constructor(state: InstanceState, index: number, graceMs: number) {
    this.#state = state;
    this.#index = index;
    this.#graceMs = graceMs;
  }

  get current(): Generation {
    return this.#state.generation(this.#index);
  }

  begin(): Generation {
    const wait = this.#leftAt + this.#graceMs - performance.now();
    if (wait > 0) block(wait);
    return this.current === 0 ? 1 : 0;
  }

  commit(generation: Generation): void {
    this.#state.setGeneration(this.#index, generation);
    this.#leftAt = performance.now();
  }
}

/** Nobody looks: the first change makes a copy, all others go into that one. */
export class StagedSwitch implements GenerationSwitch {
  #current: Generation;
  #forked = false;

  constructor(current: Generation) {
    this.#current = current;
  }

  get current(): Generation {
    return this.#current;
  }

  get inPlace(): boolean {
    return this.#forked;
  }

  begin(): Generation {
    if (this.#forked) return this.#current;
    return this.#current === 0 ? 1 : 0;
  }

  commit(generation: Generation): void {
    this.#current = generation;
    this.#forked = true;
  }
}

const never = new Int32Array(new SharedArrayBuffer(4));

/** Only for two changes of one rule set within the grace period: the caller of a synchronous `replace` waits. */
function block(milliseconds: number): void {
  Atomics.wait(never, 0, 0, milliseconds);
}
