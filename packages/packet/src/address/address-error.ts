/** A text that is not the address, prefix or number it should be. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  readonly code = 'TP_ADDRESS';
  /** What was read. */
  readonly text: string;
  readonly hint: string;

  constructor(what: string, text: string, why: string, hint: string) {
    super(`'${text}' is not ${what}: ${why}`);
    this.text = text;
    this.hint = hint;
  }
}
