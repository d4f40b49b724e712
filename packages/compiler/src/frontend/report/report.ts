// What was found wrong so far; each thing once, however many paths lead there.

import type { DiagnosticCode } from '../diagnostics.ts';
import type { Site } from '../path.ts';
import { type Diagnostic, diagnosticAt, type SourceText } from './diagnostic.ts';

/** Ends the compilation of a statement whose error has been reported. */
export class Failed extends Error {
  constructor() {
    super('an error was reported');
  }
}

export class Report {
  readonly #sourceOf: (file: string) => SourceText;
  readonly #diagnostics = new Map<string, Diagnostic>();

  constructor(sourceOf: (file: string) => SourceText) {
    this.#sourceOf = sourceOf;
  }

  add({ at, start, end }: Site, code: DiagnosticCode, operands: readonly string[]): void {
    const diagnostic = diagnosticAt(this.#sourceOf(at.file), { start, end }, code, operands);
    const key = `${code} ${at.file} ${start}`;
    if (!this.#diagnostics.has(key)) this.#diagnostics.set(key, diagnostic);
  }

  /** How much has been reported; `rollback` forgets what came since. */
  mark(): number {
    return this.#diagnostics.size;
  }

  rollback(mark: number): void {
    for (const key of [...this.#diagnostics.keys()].slice(mark)) this.#diagnostics.delete(key);
  }

  get errors(): readonly Diagnostic[] {
    return this.#of('error');
  }

  get warnings(): readonly Diagnostic[] {
    return this.#of('warning');
  }

  /** In the order of the text. */
  #of(severity: 'error' | 'warning'): readonly Diagnostic[] {
    const found = [...this.#diagnostics.values()].filter((diagnostic) => diagnostic.severity === severity);
    return found.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
  }
}
