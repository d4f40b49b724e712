/** How much of its weight a loaded server keeps, 0 to 1. It changes in steps that are worth moving flows for. */
export class LoadFactor {
  #smoothed: number | undefined;
  #factor: number;
  #failures = 0;

  constructor(factor = 1) {
    this.#factor = factor;
  }

  get factor(): number {
    return this.#factor;
  }

  /** A load, 0 idle and 1 full, or `undefined`: it could not be read, which says nothing about how high it is. `true`: the factor has changed. */
  told(load: number | undefined): boolean {
    if (load === undefined) {
      this.#failures += 1;
      if (this.#failures < FORGOTTEN_AFTER) return false;
      this.#smoothed = undefined;
      return this.#adopt(1);
    }
    this.#failures = 0;
    const bounded = Math.min(1, Math.max(0, load));
    this.#smoothed = this.#smoothed === undefined ? bounded : (1 - NEWS) * this.#smoothed + NEWS * bounded;
    const target = Math.max(LEAST, 1 - this.#smoothed);
    return Math.abs(target - this.#factor) >= DEAD_BAND ? this.#adopt(target) : false;
  }

  #adopt(factor: number): boolean {
    const rounded = Math.round(factor * 100) / 100;
    if (rounded === this.#factor) return false;
    this.#factor = rounded;
    return true;
  }
}

/** Part of the latest answer in what is believed. */
const NEWS = 0.4;
/** Even a full server gets some flows: otherwise nobody would learn that it is not full any more. */
const LEAST = 0.05;
const DEAD_BAND = 0.1;
/** Failed queries in a row. */
const FORGOTTEN_AFTER = 10;
