// Every message of the compiler, numbered; numbers are never used again. `{0}`, `{1}` are operands.
// 1xxx syntax and subset, 2xxx values and numbers, 3xxx packets and views, 4xxx tables, 5xxx verdicts and hooks, 9xxx the back end.

export interface DiagnosticText {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
}

export const DIAGNOSTICS = {
  TP1001: {
    severity: 'error',
    message: '{0}',
    hint: 'The file is not TypeScript that can be parsed; correct it there.',
  },
} as const satisfies Readonly<Record<string, DiagnosticText>>;

export type DiagnosticCode = keyof typeof DIAGNOSTICS;
