// Every error that ends a command, as text for people and as JSON for programs.
import { styleText } from 'node:util';
import { ExitStatus } from '../exit-status.ts';
import { printJson } from './json.ts';

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** One for each place in a file. */
  readonly diagnostics?: readonly object[];
}

/** Says it on standard error, and with `json` also as the last line of standard output. Returns the exit status. */
export function reportFailure(error: unknown, { json }: { readonly json: boolean }): number {
  const failure = failureOf(error);
  process.stderr.write(`${failureText(failure, error)}\n`);
  if (json) printJson({ error: failure });
  return failure.code === 'TP_USAGE' ? ExitStatus.usage : ExitStatus.failed;
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: 'TP_INTERNAL', message: String(error) };
  const { code, hint, diagnostics } = textsOf(error);
  return {
    code: code ?? 'TP_INTERNAL',
    message: error.message,
    ...(hint !== undefined && { hint }),
    ...(diagnostics !== undefined && { diagnostics }),
  };
}

/** Errors of all our packages have these fields; not all of them are loaded with this command. */
function textsOf(error: Error) {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return {
    code: 'code' in error ? text(error.code) : undefined,
    hint: 'hint' in error ? text(error.hint) : undefined,
    diagnostics: 'diagnostics' in error && Array.isArray(error.diagnostics) ? error.diagnostics : undefined,
  };
}

function failureText({ code, message, hint, diagnostics }: Failure, error: unknown): string {
  const red = (text: string) => styleText('red', text, { stream: process.stderr });
  // Nobody foresaw it: the stack is what a report needs.
  if (code === 'TP_INTERNAL') return `${red('internal error:')} ${error instanceof Error ? error.stack : message}`;
  // Diagnostics say themselves that they are errors, at which line, and what to do.
  if (diagnostics !== undefined) return message;
  const lines = [`${red('error:')} ${message}`, ...causesOf(error)];
  return [...lines, ...(hint === undefined ? [] : [`hint: ${hint}`])].join('\n');
}

function causesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return [];
  const { message } = error.cause;
  const said = error.message.includes(message);
  return [...(said ? [] : [`  because: ${message}`]), ...causesOf(error.cause)];
}
