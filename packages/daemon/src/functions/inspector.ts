import { Worker } from 'node:worker_threads';
import { type Refusal, RefusedError } from '../control/refusal.ts';
import type { Description } from './description.ts';

export type Question =
  | { readonly kind: 'describe'; readonly file: string }
  /** Also whether its schema takes a configuration, and with `compile` the compiler. `name`: in its chain. */
  | {
      readonly kind: 'check';
      readonly file: string;
      readonly name: string;
      readonly config: unknown;
      readonly compile: boolean;
    };

export type Answer = { readonly id: number } & ({ readonly description: Description } | { readonly refusal: Refusal });

interface Waiting {
  readonly question: Question;
  resolve(description: Description): void;
  reject(error: Error): void;
}

export interface InspectorOptions {
  /** For one question. Default 30 s. */
  readonly patienceMs?: number;
  /** The thread is given up when nobody has asked for so long: the compiler is large. Default 10 s. */
  readonly idleMs?: number;
}

/** Of the thread's heap. */
const MEGABYTES = 512;
const ENTRY = new URL(`./inspector-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** Looks at functions in a thread of its own: what an author's module does there, or never ends doing, is nobody else's concern. */
export class Inspector implements AsyncDisposable {
  readonly #patienceMs: number;
  readonly #idleMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** One question after the other: the time of each is its own. */
  #queue: Promise<unknown> = Promise.resolve();
  #questions = 0;

  constructor({ patienceMs = 30_000, idleMs = 10_000 }: InspectorOptions = {}) {
    this.#patienceMs = patienceMs;
    this.#idleMs = idleMs;
  }

  /** @throws RefusedError */
  ask(question: Question): Promise<Description> {
    const answer = this.#queue.then(() => this.#ask(question));
    this.#queue = answer.catch(() => {});
    return answer;
  }

  /** Modules are read once by a thread; what has changed on disk is seen by the next one. */
  async forget(): Promise<void> {
    await this.#queue;
    await this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#failAll(new Error('the daemon ends'));
    await this.#end();
  }

  async #ask(question: Question): Promise<Description> {
    const id = ++this.#questions;
    const { promise, resolve, reject } = Promise.withResolvers<Description>();
    this.#waiting.set(id, { question, resolve, reject });
    this.#after(this.#patienceMs, () => {
      this.#failAll(refused(question, `it does not come to an end within ${this.#patienceMs / 1000} s`));
      void this.#end();
    });
    this.#thread().postMessage({ id, question });
    try {
      return await promise;
    } finally {
      this.#after(this.#idleMs, () => void this.#end());
    }
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(ENTRY, {
      name: 'twinpath inspector',
      // What modules print is not the daemon's log.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MEGABYTES },
    });
    worker.on('message', (answer: Answer) => this.#hear(answer));
    worker.on('error', (error) => this.#lost(worker, error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => this.#lost(worker, 'it has ended its thread'));
    worker.unref();
    this.#worker = worker;
    return worker;
  }

  #hear(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('description' in answer) waiting?.resolve(answer.description);
    else waiting?.reject(new RefusedError(answer.refusal));
  }

  #lost(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { question, reject } of this.#waiting.values()) reject(refused(question, why));
    this.#waiting.clear();
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #after(ms: number, work: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(work, ms);
  }
}

function refused({ file }: Question, why: string): RefusedError {
  const detail = `the function of ${file} cannot be looked at: ${why}`;
  const hint = 'what its module does when it is imported has to end, and by itself';
  return new RefusedError({ status: 422, code: 'TP_FUNCTION', detail, hint });
}
