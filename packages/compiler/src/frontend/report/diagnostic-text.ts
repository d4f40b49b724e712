// What is said about a place in the author's source.

import type { DiagnosticCode } from '../diagnostics.ts';

/** JSON shape of the CLI and the API. Line and column from 1. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string;
  /** The source line with the place underlined; not in JSON. */
  readonly frame: string;
}

export function diagnosticText({ code, severity, file, line, column, message, hint, frame }: Diagnostic): string {
  return `${file}:${line}:${column} - ${severity} ${code}: ${message}\n${frame}\n      hint: ${hint}`;
}

const OF_HOOKS: ReadonlySet<DiagnosticCode> = new Set(['TP3015', 'TP3016', 'TP5002', 'TP5006']);

/** Where what enters meets a fast path that cannot do what this is about, and on the other hook may. */
export function refusedHook({ code, message }: Diagnostic): 'xdp' | 'tcx-ingress' | undefined {
  if (!OF_HOOKS.has(code)) return undefined;
  return (['xdp', 'tcx-ingress'] as const).find((hook) => message.endsWith(` on ${hook}`));
}
