import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { NdpiBusyError, NdpiLostError, NdpiMissingError } from './errors.ts';
import { unprivileged } from './unprivileged.ts';
import { decodeFindings, encodeShown, type Greeting, type Hello, Messages, type Shown, type Verdict } from './wire.ts';

export interface NdpiOptions {
  /** Default: `libndpi.so.4.2`, wherever the system has it. */
  readonly library?: string;
  /** Flows that nDPI looks at at once, default 65,536; about 700 bytes each. */
  readonly flows?: number;
  /** A process that does not answer for so long is ended; default 5 s. A batch takes milliseconds. */
  readonly answerWithinMs?: number;
  /** The process is gone, and is started again after so many milliseconds. */
  onLost?(error: NdpiLostError, retryMs: number): void;
  /** It is there again. */
  onBack?(): void;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;
/** Who has lived so long was not lost at the first packet. */
const HEALTHY_MS = 10_000;
const ANSWER_MS = 5000;
/** Of packets in front of the pipe; what came behind them would be looked at too late. */
const MOST_WAITING_BYTES = 32 << 20;
const START_MS = 20_000;
const STOP_MS = 1000;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
interface Asked {
  resolve(verdicts: readonly Verdict[]): void;
  reject(error: Error): void;
}

/** nDPI in a process of its own. What it crashes on costs the verdicts of flows that it was looking at, nothing else. */
export class Ndpi implements AsyncDisposable {
  readonly #options: NdpiOptions;
  readonly #stopping = new AbortController();
  readonly #asked: Asked[] = [];
  #child: Child | undefined;
  #hello: Hello = { revision: '', applications: [], categories: [], risks: [] };
  #ended: Promise<void> = Promise.resolve();
  #watchdog: NodeJS.Timeout | undefined;

  private constructor(options: NdpiOptions) {
    this.#options = options;
  }

  /** @throws NdpiMissingError that says what is missing and what to do */
  static async start(options: NdpiOptions = {}): Promise<Ndpi> {
    const ndpi = new Ndpi(options);
    await ndpi.#start();
    ndpi.#ended = ndpi.#keep();
    return ndpi;
  }

  /** Such as `4.2.0`. */
  get revision(): string {
    return this.#hello.revision;
  }
  /** All applications and protocols that it knows, by number. */
  get applications(): readonly string[] {
    return this.#hello.applications;
  }
  /** What the bits of `risks` mean. */
  get risks(): readonly string[] {
    return this.#hello.risks;
  }
  /** Of the child; `undefined`: there is none at present. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What nDPI says of flows of which it has something new to say. @throws NdpiLostError: it does not answer any more;
   *  NdpiBusyError: it was not asked */
  show(records: readonly Shown[]): Promise<readonly Verdict[]> {
    const child = this.#child;
    if (!child) return Promise.reject(new NdpiLostError('it is not there at present'));
    const { writableLength } = child.stdin;
    if (writableLength > MOST_WAITING_BYTES) return Promise.reject(new NdpiBusyError(writableLength));
    const answer = new Promise<readonly Verdict[]>((resolve, reject) => this.#asked.push({ resolve, reject }));
    child.stdin.write(encodeShown(records));
    this.#watch();
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#letGo();
    const ends = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(ends);
  }

  async #start(): Promise<void> {
    const { library, flows = 65_536 } = this.#options;
    const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
    const script = join(import.meta.dirname, `child-main.${extension}`);
    const [command = '', ...operands] = unprivileged([
      ...[process.execPath, '--max-old-space-size=64', script],
      ...[String(flows), ...(library === undefined ? [] : [library])],
    ]);
    // In a session of its own: a Ctrl-C is the parent's, whose end closes the pipe.
    const child = spawn(command, operands, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, cwd: '/', env: {} });
    // What cannot be written is not answered; the end of the process says why.
    child.stdin.on('error', () => {});
    this.#hello = await greeted(child);
    this.#listen(child);
    this.#child = child;
  }

  #listen(child: Child): void {
    const messages = new Messages();
    child.stdout.on('data', (bytes: Uint8Array) => {
      for (const body of messages.add(bytes)) {
        this.#asked.shift()?.resolve(decodeFindings(body).map((finding) => this.#named(finding)));
        this.#watch();
      }
    });
  }

  #named({ application, protocol, ...rest }: ReturnType<typeof decodeFindings>[number]): Verdict {
    const { applications, categories } = this.#hello;
    const name = applications[application] ?? `nDPI ${application}`;
    const carrier = protocol === 0 ? name : (applications[protocol] ?? `nDPI ${protocol}`);
    const { flow, isFinal, risks, category } = rest;
    return { flow, application: name, protocol: carrier, category: categories[category] ?? '', isFinal, risks };
  }

  /** Ends a child that does not answer. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    const [oldest] = this.#asked;
    if (!oldest) return;
    const { answerWithinMs = ANSWER_MS } = this.#options;
    // If it is we who were busy, the answer may lie in the pipe: it is read before the immediate.
    const end = () => setImmediate(() => this.#asked[0] === oldest && this.#child?.kill('SIGKILL'));
    this.#watchdog = setTimeout(end, answerWithinMs);
  }

  /** Starts it again, and again, until it is to stop. */
  async #keep(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    const { signal } = this.#stopping;
    while (this.#child) {
      const began = performance.now();
      const why = await endOf(this.#child);
      this.#child = undefined;
      clearTimeout(this.#watchdog);
      const error = new NdpiLostError(why);
      for (const { reject } of this.#asked.splice(0)) reject(error);
      if (signal.aborted) return;
      retryMs = performance.now() - began > HEALTHY_MS ? FIRST_RETRY_MS : retryMs;
      while (!this.#child && !signal.aborted) {
        this.#options.onLost?.(error, retryMs);
        await delay(retryMs, undefined, { signal }).catch(() => {});
        retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
        if (!signal.aborted) await this.#start().catch(() => {});
      }
      if (signal.aborted) this.#letGo();
      else this.#options.onBack?.();
    }
  }

  /** The child ends with its input. */
  #letGo(): void {
    this.#child?.stdin.end();
  }
}

/** The child's first words. @throws NdpiMissingError */
async function greeted(child: Child): Promise<Hello> {
  const { promise, resolve, reject } = Promise.withResolvers<Greeting>();
  const messages = new Messages();
  const listen = (bytes: Uint8Array) => {
    for (const body of messages.add(bytes)) resolve(JSON.parse(new TextDecoder().decode(body)));
  };
  let said = '';
  child.stdout.on('data', listen);
  child.stderr.on('data', (text: Uint8Array) => {
    said = `${said}${text}`.slice(-2000);
  });
  child.once('error', (error) =>
    reject(new NdpiMissingError(error.message, 'it is run by setpriv (Debian: util-linux)')),
  );
  child.once('close', (code, signal) => {
    const why = said.trim().split('\n').slice(-3).join(' ');
    const hint = 'its process runs as nobody: Node, and the folder of this package, must be readable for everybody';
    reject(new NdpiMissingError(`its process ended (${signal ?? code})${why === '' ? '' : `: ${why}`}`, hint));
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), START_MS);
  try {
    const greeting = await promise;
    if ('missing' in greeting) throw new NdpiMissingError(greeting.missing);
    return greeting;
  } finally {
    clearTimeout(limit);
    child.stdout.off('data', listen);
  }
}

function endOf(child: Child): Promise<string> {
  const said = () =>
    child.signalCode ? `it was ended by ${child.signalCode}` : `it ended with status ${child.exitCode}`;
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(said());
  return new Promise((resolve) => child.once('close', () => resolve(said())));
}
