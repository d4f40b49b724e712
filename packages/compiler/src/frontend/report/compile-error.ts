import { type Diagnostic, diagnosticText } from './diagnostic-text.ts';

/** What an author wrote cannot be compiled: every reason found, each with its place. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
  readonly code = 'TP_COMPILE';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(diagnosticText).join('\n\n'));
    this.diagnostics = diagnostics;
  }

  override toString(): string {
    return this.message;
  }
}
