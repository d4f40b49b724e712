/** An instruction or a text that cannot be encoded, or bytes that are no instruction. */
export class AssemblerError extends Error {
  override readonly name = 'AssemblerError';
  readonly code = 'assembler';
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
