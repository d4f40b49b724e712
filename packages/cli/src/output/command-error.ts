/** What a command cannot do, and what its user can. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code = 'TP_COMMAND';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** The command line itself is wrong: exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'TP_USAGE';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
