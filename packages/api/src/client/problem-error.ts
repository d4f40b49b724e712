import type { Fault, Problem } from '../schemas/problem.ts';

/** What a daemon refused or could not do. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly code: string;
  /** Of HTTP. */
  readonly status: number;
  readonly hint: string | undefined;
  /** Each thing that is wrong, at its place; may be empty. */
  readonly faults: readonly Fault[];

  constructor({ detail, code, status, hint, errors = [] }: Problem) {
    super(detail);
    this.code = code;
    this.status = status;
    this.hint = hint;
    this.faults = errors;
  }
}

/** There is no daemon, or it did not answer. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly code = 'TP_UNREACHABLE';
  readonly hint: string;

  constructor(where: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the daemon at ${where} does not answer: ${reason}`, { cause });
    const denied = cause instanceof Error && 'code' in cause && cause.code === 'EACCES';
    this.hint = denied ? 'only users whom its configuration names may open the socket' : 'is twinpathd running?';
  }
}
