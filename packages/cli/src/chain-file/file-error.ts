/** One thing that is wrong in a file; JSON shape of `--json`. Line and column from 1. */
export interface FileProblem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string;
  /** The line with the place underlined; not in JSON. */
  readonly frame: string;
}

/** As many are told in the text: one mistake of a generator is in thousands of rules. */
const MOST_TOLD = 10;

/** A chain or a configuration in YAML is wrong: everything found, each with its place. */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly code = 'TP_CONFIG';
  readonly diagnostics: readonly FileProblem[];

  constructor(diagnostics: readonly FileProblem[]) {
    const more = diagnostics.length - MOST_TOLD;
    const told = diagnostics.slice(0, MOST_TOLD).map(problemText);
    super([...told, ...(more > 0 ? [`… and ${more} more, which --json tells`] : [])].join('\n\n'));
    this.diagnostics = diagnostics;
  }
}

function problemText({ file, line, column, severity, message, hint, frame }: FileProblem): string {
  return `${file}:${line}:${column} - ${severity}: ${message}\n${frame}\n      hint: ${hint}`;
}
