/** Programs and maps that no object file can hold. */
export class ElfError extends Error {
  override readonly name = 'ElfError';
  readonly code = 'elf';
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
