import type { Location } from '../ir/types.ts';

/** A program that the kernel could not run, whatever code were made of it. `at`: the author's place, if one is to blame. */
export class CodeGenerationError extends Error {
  override readonly name = 'CodeGenerationError';
  readonly code = 'TP_CODE_GENERATION';
  readonly hint: string;
  readonly at: Location | undefined;

  constructor(message: string, hint: string, at?: Location) {
    super(message);
    this.hint = hint;
    this.at = at;
  }
}
