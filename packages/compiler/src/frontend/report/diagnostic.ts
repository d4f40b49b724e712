// One message about a place in the author's source.

import { DIAGNOSTICS, type DiagnosticCode, type DiagnosticText } from '../diagnostics.ts';
import type { Diagnostic } from './diagnostic-text.ts';

export type { Diagnostic } from './diagnostic-text.ts';

export interface SourceText {
  readonly file: string;
  readonly text: string;
}

export function diagnosticAt(
  { file, text }: SourceText,
  { start, end }: { readonly start: number; readonly end: number },
  code: DiagnosticCode,
  operands: readonly string[],
): Diagnostic {
  const { severity, message, hint }: DiagnosticText = DIAGNOSTICS[code];
  const { line, column } = positionOf(text, start);
  const filled = (template: string) => template.replace(/\{(\d)\}/g, (_, index) => operands[Number(index)] ?? '');
  const diagnostic = { code, severity, file, line, column, message: filled(message), hint: filled(hint) };
  // What tools print as JSON has no use for the frame.
  return Object.defineProperty({ ...diagnostic, frame: '' }, 'frame', {
    value: frameOf(text, start, end),
    enumerable: false,
  });
}

export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

/** The reverse of `positionOf`. */
export function offsetOf(text: string, { line, column }: { readonly line: number; readonly column: number }): number {
  const before = text.split('\n').slice(0, line - 1);
  return before.reduce((offset, { length }) => offset + length + 1, 0) + column - 1;
}

/** The line of `start`, and carets under what of the place stands in that line. */
export function frameOf(text: string, start: number, end: number): string {
  const { line } = positionOf(text, start);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', start);
  const lineEnd = newline < 0 ? text.length : newline;
  const number = String(line).padStart(5);
  const shown = text.slice(lineStart, lineEnd).trimEnd();
  // Tabs stay tabs, so that the carets stand below the text in any terminal.
  const indent = shown.slice(0, start - lineStart).replace(/[^\t]/g, ' ');
  const carets = '^'.repeat(Math.max(1, Math.min(end, lineStart + shown.length) - start));
  return `${number} | ${shown}\n${' '.repeat(number.length)} | ${indent}${carets}`;
}
