import { POSITIONS } from '../kernel/path-arrays.ts';

/** Positions of this process's chains. 0 is nobody's. */
export class PositionPool {
  readonly #used = new Set<number>();
  #last = 0;

  /** One that has not been used for as long as can be: packets of the slow path may still be on their way to old ones. */
  allocate(): number {
    for (let tried = 1; tried < POSITIONS; tried++) {
      this.#last = (this.#last % (POSITIONS - 1)) + 1;
      if (this.#used.has(this.#last)) continue;
      this.#used.add(this.#last);
      return this.#last;
    }
    throw new RangeError(
      `this process has ${POSITIONS - 1} places of functions in its chains, which is all that there are`,
    );
  }

  /** Takes those that are nobody's. @returns which. */
  reserve(positions: Iterable<number>): readonly number[] {
    const free = [...positions].filter((position) => !this.#used.has(position));
    for (const position of free) this.#used.add(position);
    return free;
  }

  free(positions: Iterable<number>): void {
    for (const position of positions) this.#used.delete(position);
  }
}
