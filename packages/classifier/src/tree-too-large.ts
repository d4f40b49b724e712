import type { Dimension } from './entries.ts';

/** A tree took more than it may; other parameters may still do. */
export class TreeTooLarge extends Error {
  readonly what: string;
  /** Rules that the last cut could not part, ascending. */
  readonly rules: readonly number[];
  /** Where in the key they differ. */
  readonly dimensions: readonly Dimension[];

  constructor(what: string, rules: readonly number[], dimensions: readonly Dimension[]) {
    super(what);
    this.what = what;
    this.rules = rules;
    this.dimensions = dimensions;
  }
}
