/** What was asked for last, by name: with more than `most`, what nobody has asked for the longest is forgotten. */
export class Latest<T> {
  readonly #most: number;
  readonly #known = new Map<string, T>();

  constructor(most: number) {
    this.#most = most;
  }

  /** What is known by this name, or else made. */
  once(name: string, make: () => T): T {
    const value = this.#known.get(name) ?? make();
    this.set(name, value);
    return value;
  }

  set(name: string, value: T): void {
    this.#known.delete(name);
    this.#known.set(name, value);
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#most && oldest !== undefined) this.#known.delete(oldest);
  }
}
