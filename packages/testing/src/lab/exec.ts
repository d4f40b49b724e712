import type { LabProcess, SpawnOptions } from './process.ts';

export interface ExecOptions extends SpawnOptions {
  /** Written to the command's standard input. */
  readonly input?: string | Uint8Array;
  /** Milliseconds until the command is killed; default 30 000. */
  readonly timeout?: number;
  /** A status other than 0 is a result like any other; default false: it is an ExecutionError. */
  readonly mayFail?: boolean;
}

export interface Executed {
  /** `null`: ended by a signal. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of a host failed. */
export class ExecutionError extends Error {
  override readonly name = 'ExecutionError';
  readonly result: Executed;

  constructor(title: string, result: Executed) {
    const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-10).join('\n');
    const how = result.status === null ? 'by a signal' : `with status ${result.status}`;
    super(`${title} ended ${how}${said && `: ${said}`}`);
    this.result = result;
  }
}

/** Runs it to its end. @throws ExecutionError */
export async function run(started: LabProcess, options: ExecOptions): Promise<Executed> {
  const { input, timeout = 30_000, mayFail = false } = options;
  started.child.stdin?.end(input);
  const timer = setTimeout(() => started.kill(), timeout);
  const { status } = await started.exited.finally(() => clearTimeout(timer));
  const result = { status, stdout: started.stdout, stderr: started.stderr };
  if (status !== 0 && !mayFail) throw new ExecutionError(started.title, result);
  return result;
}
