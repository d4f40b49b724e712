/** An artefact that cannot be used. */
export class ArtefactError extends Error {
  override readonly name = 'ArtefactError';
  readonly code = 'TP_ARTEFACT';
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
