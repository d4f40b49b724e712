/** Type information that the kernel would reject, or bytes that are no BTF. */
export class BtfError extends Error {
  override readonly name = 'BtfError';
  readonly code = 'btf';
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
