export interface DiagnosticText {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
}

export type DiagnosticTexts = Readonly<Record<string, DiagnosticText>>;
