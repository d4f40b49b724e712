import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { inNamespace } from '@twinpath/linux';

export interface SpawnOptions {
  readonly cwd?: string;
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Open a channel of messages to the child, which must be Node. */
  readonly channel?: boolean;
}

/** How long a process may take to end before it is killed. */
const GRACE_MS = 2_000;

/** A command that runs in a host's namespace, in a session of its own: Ctrl-C goes to the program that owns the lab, and what
 *  the command starts ends with it. */
export class LabProcess {
  readonly title: string;
  readonly child: ChildProcess;
  /** When it has ended and all of its output is here. */
  readonly exited: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly #output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  #error: Error | undefined;

  constructor(namespace: string, command: string, operands: readonly string[], options: SpawnOptions = {}) {
    this.title = [command, ...operands].join(' ');
    const { cwd, env, channel = false } = options;
    // The child is forked by this very thread, so that it starts, and stays, in the namespace.
    this.child = inNamespace(namespace, () =>
      spawn(command, operands, {
        detached: true,
        stdio: channel ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['pipe', 'pipe', 'pipe'],
        serialization: 'advanced',
        env: { ...process.env, ...env },
        ...(cwd !== undefined && { cwd }),
      }),
    );
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream]?.on('data', (chunk: Buffer) => this.#output[stream].push(chunk));
    }
    // What is written to a process that has ended is lost, and its end says so.
    this.child.stdin?.on('error', () => {});
    this.exited = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.#error = error;
        if (this.child.pid === undefined) resolve({ status: 127, signal: null });
      });
      this.child.once('close', (status, signal) => resolve({ status, signal }));
    });
  }

  /** `undefined`: it could not be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }
  get stdout(): string {
    return this.stdoutBytes.toString();
  }
  get stdoutBytes(): Buffer {
    return Buffer.concat(this.#output.stdout);
  }
  get stderr(): string {
    return Buffer.concat(this.#output.stderr).toString() + (this.#error?.message ?? '');
  }

  /** Resolves once the output (of both streams) matches. @throws Error when the process ends before, or after `timeoutMs`. */
  async saying(pattern: RegExp, timeoutMs = 10_000): Promise<void> {
    const matches = () => pattern.test(this.stdout) || pattern.test(this.stderr);
    const signal = AbortSignal.timeout(timeoutMs);
    let ended = false;
    void this.exited.then(() => {
      ended = true;
    });
    while (!matches()) {
      if (ended || signal.aborted) {
        const how = ended ? 'it ended' : `${timeoutMs} ms`;
        throw new Error(`${this.title} did not say ${pattern} before ${how}; it said: ${this.stdout}${this.stderr}`);
      }
      await delay(10);
    }
  }

  /** Asks it to end, and kills it when it does not. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#signal(signal);
    const isOver = await Promise.race([this.exited.then(() => true), delay(GRACE_MS, false, { ref: false })]);
    if (!isOver) this.kill();
    await this.exited;
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  /** Processes of its session that still run: itself, and what it started. */
  survivors(): readonly number[] {
    const { pid } = this;
    if (pid === undefined) return [];
    return readdirSync('/proc').flatMap((name) =>
      /^\d+$/.test(name) && sessionOf(name) === pid ? [Number(name)] : [],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.kill();
  }

  #signal(signal: NodeJS.Signals): void {
    // The leader's number cannot be another's as long as it, or one that it started, is there.
    for (const pid of this.survivors()) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
      }
    }
  }
}

/** Of all processes of the machine that are not dead. */
export function runningSessions(): ReadonlySet<number> {
  return new Set(readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (sessionOf(name) ?? []) : [])));
}

/** Session of a process that is not yet dead; field 6 of /proc/<pid>/stat, behind the name in brackets, which may hold any. */
function sessionOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? undefined : Number(session);
  } catch {
    return undefined; // it ended meanwhile
  }
}
