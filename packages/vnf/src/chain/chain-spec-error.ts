/** A chain's spec that cannot become a chain. */
export class ChainSpecError extends Error {
  override readonly name = 'ChainSpecError';
  readonly code = 'TP_CHAIN_SPEC';
  readonly chain: string;
  /** To what is wrong in the spec: `['paths', 0, 2]`. */
  readonly path: readonly (string | number)[];
  readonly wrong: string;
  /** What to do about it. */
  readonly hint: string;

  constructor(chain: string, path: readonly (string | number)[], wrong: string, hint: string) {
    super(`chain ${chain}: ${wrong}`);
    this.chain = chain;
    this.path = path;
    this.wrong = wrong;
    this.hint = hint;
  }
}
