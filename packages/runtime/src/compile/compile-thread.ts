import { Worker } from 'node:worker_threads';
import type { FuseJob, FuseMade } from '../fuse/fuse-job.ts';
import { type ErrorData, errorFrom } from '../threads/error-data.ts';
import type { CompileAnswer, CompileJob, CompileQuestion, FunctionSource } from './compile-job.ts';
import type { Compiled } from './function-compiler.ts';

const ENTRY = new URL(`./compile-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** What the compiler takes is given back when nobody has asked for so long. */
const IDLE_MS = 10_000;
/** One question takes seconds at the most, on a busy machine. */
const PATIENCE_MS = 120_000;

type Of<K extends CompileQuestion['kind']> = Omit<Extract<CompileQuestion, { kind: K }>, 'kind'>;

interface Waiting {
  readonly question: CompileQuestion;
  readonly answered: (value: unknown) => void;
  readonly failed: (error: Error) => void;
}

/** The thread of this process that has the compiler. It begins with the first question, ends when there were none for a while, and
 *  keeps nobody alive that does not wait for it. */
class CompileThread {
  /** The first is with the thread. */
  readonly #waiting: Waiting[] = [];
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #jobs = 0;
  #keepers = 0;

  /** What is in a function's text. @throws CompileError, ArtefactError */
  async read(use: string): Promise<FunctionSource> {
    // The thread's own types, here and below.
    return (await this.#ask({ kind: 'read', use })) as FunctionSource;
  }

  /** @throws CompileError */
  async compile(job: Of<'compile'>): Promise<Compiled> {
    return (await this.#ask({ kind: 'compile', ...job })) as Compiled;
  }

  /** `FunctionCompiler.rejected` */
  async rejected(job: Of<'rejected'>): Promise<ErrorData> {
    return (await this.#ask({ kind: 'rejected', ...job })) as ErrorData;
  }

  /** @throws an error with the name CodeGenerationError if less of the chain may do */
  async fuse(job: FuseJob): Promise<FuseMade> {
    return (await this.#ask({ kind: 'fuse', job })) as FuseMade;
  }

  /** Who will ask again soon, and takes the thread's memory of what it has made for granted, keeps it from ending. */
  keep(): Disposable {
    this.#keepers++;
    return {
      [Symbol.dispose]: () => {
        this.#keepers--;
        if (this.#waiting.length === 0) this.#begin();
      },
    };
  }

  /** Why the function's module fails, at the line that the author wrote. */
  async failure(job: Of<'failed'>): Promise<Error> {
    return errorFrom((await this.#ask({ kind: 'failed', ...job })) as ErrorData);
  }

  #ask(question: CompileQuestion): Promise<unknown> {
    return new Promise((answered, failed) => {
      this.#waiting.push({ question, answered, failed });
      if (this.#waiting.length === 1) this.#begin();
    });
  }

  /** Hands the first question over. */
  #begin(): void {
    const [first] = this.#waiting;
    clearTimeout(this.#timer);
    if (first === undefined) {
      this.#worker?.unref();
      if (this.#keepers === 0) this.#timer = setTimeout(() => this.#end(), IDLE_MS).unref();
      return;
    }
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage({ ...first.question, id: ++this.#jobs } satisfies CompileJob);
    const late = () => this.#lost(new Error(`the compiler does not come to an end within ${PATIENCE_MS / 1000} s`));
    this.#timer = setTimeout(late, PATIENCE_MS).unref();
  }

  #start(): Worker {
    const worker = new Worker(ENTRY, { name: 'twinpath compiler' });
    worker.on('message', (answer: CompileAnswer) => {
      if (answer.id === this.#jobs) this.#hear(answer);
    });
    worker.on('error', (error) => {
      if (worker === this.#worker) this.#lost(error instanceof Error ? error : new Error(String(error)));
    });
    return worker;
  }

  #hear(answer: CompileAnswer): void {
    const first = this.#waiting.shift();
    this.#begin();
    if ('error' in answer) first?.failed(errorFrom(answer.error));
    else first?.answered(answer.value);
  }

  /** Who asks next begins with another thread. */
  #lost(error: Error): void {
    const first = this.#waiting.shift();
    this.#end();
    this.#begin();
    first?.failed(error);
  }

  #end(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }
}

export const compileThread = new CompileThread();
