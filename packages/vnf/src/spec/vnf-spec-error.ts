/** A declaration that cannot become a network function. */
export class VnfSpecError extends Error {
  override readonly name = 'VnfSpecError';
  readonly code = 'TP_SPEC';
  /** For example `function firewall, table flows, field state`. */
  readonly where: string;
  /** What is wrong there. */
  readonly why: string;
  /** What to do about it. */
  readonly hint: string;

  constructor(where: string, why: string, hint: string) {
    super(`${where}: ${why}`);
    this.where = where;
    this.why = why;
    this.hint = hint;
  }
}
