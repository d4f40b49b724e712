// A version of what is being written, in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ExitStatus } from '../exit-status.ts';
import type { RunOptions } from '../run/run.ts';

export class RunningVersion {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when packets meet it; `undefined`: it did not start, and has said why. */
  static async start(path: string, options: RunOptions): Promise<RunningVersion | undefined> {
    const main = fileURLToPath(new URL(`run-main${import.meta.filename.slice(-3)}`, import.meta.url));
    // A group of its own: Ctrl-C is for this process, which ends it in order.
    const child = spawn(process.execPath, [...process.execArgv, main, path, JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
    });
    const started = await Promise.race([
      once(child, 'message').then(() => true),
      once(child, 'exit').then(() => false),
    ]);
    return started ? new RunningVersion(child) : undefined;
  }

  /** At once and without a trace of an end, as a crash would: programs and tables stay for whoever comes next. */
  async leave(): Promise<void> {
    await this.#over('SIGKILL');
  }

  /** Takes everything off the host. Returns the exit status. */
  async end(): Promise<number> {
    return (await this.#over('SIGTERM')) ?? ExitStatus.failed;
  }

  async #over(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
    return this.#child.exitCode;
  }
}
