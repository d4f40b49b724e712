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
  readonly code: string;
  readonly diagnostics: readonly FileProblem[];

  /** `code`: where the file is not what is wrong, but the host as it is. */
  constructor(diagnostics: readonly FileProblem[], code = 'TP_CONFIG') {
    const more = diagnostics.length - MOST_TOLD;
    const told = diagnostics.slice(0, MOST_TOLD).map(problemText);
    super([...told, ...(more > 0 ? [`… and ${more} more, which --json tells`] : [])].join('\n\n'));
    this.code = code;
    this.diagnostics = diagnostics.map((one) => ({ ...one, code }));
  }
}

function problemText({ file, line, column, severity, message, hint, frame }: FileProblem): string {
  return `${file}:${line}:${column} - ${severity}: ${message}\n${frame}\n      hint: ${hint}`;
}
