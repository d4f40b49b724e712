/** A shape or rules that the classifier cannot hold. Messages name the rule by its number, from 0. */
export class ClassifierError extends Error {
  override readonly name = 'ClassifierError';
  readonly code = 'classifier';
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
