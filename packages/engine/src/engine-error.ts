/** A program or map that the engine cannot take. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code = 'TP_ENGINE';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
