const LONGEST = 127;

/** Gives each name a C identifier of its own: what BTF and linkers take. */
export class Identifiers {
  readonly #taken = new Set<string>();

  /** Names that differ only in what C does not allow are told apart by a number. */
  of(name: string): string {
    const letters = name.replace(/\W/g, '_');
    const base = /^[A-Za-z_]/.test(letters) ? letters : `_${letters}`;
    for (let number = 1; ; number++) {
      const suffix = number === 1 ? '' : `_${number}`;
      const identifier = base.slice(0, LONGEST - suffix.length) + suffix;
      if (this.#taken.has(identifier)) continue;
      this.#taken.add(identifier);
      return identifier;
    }
  }
}
