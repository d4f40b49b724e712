import { getServers } from 'node:dns/promises';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { createHoldings, type EdgeWatch, releaseHoldings } from '@twinpath/linux';
import type { Log } from '@twinpath/vnf';
import type { EngineQuestion } from '../engine/engine-question.ts';
import { errorData, errorFrom } from './error-data.ts';
import { limitOf, overBudgetThere } from './heap-budget.ts';
import {
  type Answer,
  type Call,
  type FromWorker,
  type Question,
  type ToWorker,
  WORD,
  type WorkerData,
} from './messages.ts';

/** What the main thread is to an instance in a worker. */
export interface Tenant {
  readonly log: Log;
  /** Programs go to their places. @throws what prevents it. */
  place(question: Extract<Question, { kind: 'place' }>): void;
  /** What its programs are, or what was wrong with one. @throws CompileError */
  compile(question: Compiling): Promise<unknown>;
  /** What fused programs have counted goes to functions' counters. */
  collect(): void;
  /** What its engine says. @throws what prevents it. */
  answer(question: EngineQuestion): unknown;
  /** Its code is not to run any more. `guilty`: because of it, or it may be. `gone` comes when it has let go of all, and never fails. */
  lost(error: Error, guilty: boolean, gone: Promise<unknown>): void;
}

type Compiling = Extract<Question, { kind: 'compile' | 'rejected' }>;

export interface SlowPathWorkerOptions {
  readonly seed: number;
  /** What its objects may take. */
  readonly megabytes: number;
  readonly watch: EdgeWatch;
}

interface Waiting {
  readonly call: Call;
  readonly instance: number;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Calls that take long without being at fault: they import, compile and verify, `configure` may work out much, and
 *  tables may be large. */
const LONG: ReadonlySet<Call['method']> = new Set(['open', 'start', 'configure', 'place', 'save']);

/** JavaScript, or TypeScript: as this file. */
const ENTRY = new URL(`./worker-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/** A worker thread, seen from the main thread. */
export class SlowPathWorker {
  /** Nobody else is to be put in. */
  own = false;
  readonly #worker: Worker;
  readonly #words = new Int32Array(new SharedArrayBuffer(WORD.count * 4));
  readonly #answers: MessagePort;
  readonly #watch: EdgeWatch;
  readonly #megabytes: number;
  readonly #watched = new Set<number>();
  readonly #tenants = new Map<number, Tenant>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #calls = 0;
  #end: Error | undefined;
  /** At the last check. */
  #beats = -1;
  #checksWithoutBeat = 0;
  /** It stands still and waits, for which its code is not to blame. */
  #isCompiling = false;
  /** It was asked what it takes, and has not come to it. */
  #isWeighed = false;

  constructor({ seed, megabytes, watch }: SlowPathWorkerOptions) {
    const { port1, port2 } = new MessageChannel();
    const holdings = createHoldings();
    const shared = { holdings, words: this.#words, answers: port2, seed, megabytes };
    const workerData: WorkerData = { ...shared, nameServers: getServers() };
    this.#watch = watch;
    this.#megabytes = megabytes;
    this.#answers = port1;
    this.#worker = new Worker(ENTRY, {
      name: 'twinpath slow path',
      workerData,
      transferList: [port2],
      // Descriptors of native code are not Node's to close; those that are left are closed by number.
      trackUnmanagedFds: false,
      resourceLimits: { maxOldGenerationSizeMb: limitOf(megabytes) },
    });
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.on('error', (error) => {
      this.#end ??= error instanceof Error ? error : new Error(String(error));
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#bury();
        releaseHoldings(holdings);
        resolve();
      });
    });
  }

  get tenants(): number {
    return this.#tenants.size;
  }

  /** It takes no instances any more. */
  get isEnding(): boolean {
    return this.#end !== undefined;
  }

  admit(instance: number, tenant: Tenant): void {
    this.#tenants.set(instance, tenant);
  }

  dismiss(instance: number): void {
    this.#tenants.delete(instance);
    this.giveUp(instance);
  }

  /** Nobody waits any more for what the instance was asked. */
  giveUp(instance: number): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.instance !== instance) continue;
      this.#waiting.delete(id);
      waiting.reject(new Error('the function was stopped'));
    }
  }

  call(instance: number, call: Call): Promise<unknown> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { call, instance, resolve, reject });
      this.#tell({ kind: 'call', id, instance, call });
    });
  }

  /** To be called regularly: ends the worker when its event loop has stood still for so many calls, or for ten times as many
   *  while it does what may take long; or when it takes too much memory. */
  check(most: number): void {
    void this.#weigh();
    const beats = Atomics.load(this.#words, WORD.beats);
    this.#checksWithoutBeat = beats === this.#beats && !this.#isCompiling ? this.#checksWithoutBeat + 1 : 0;
    this.#beats = beats;
    const isBusy = [...this.#waiting.values()].some(({ call }) => LONG.has(call.method));
    if (this.#checksWithoutBeat > most * (isBusy ? 10 : 1)) this.#kill(new Error('its code does not come to an end'));
  }

  /** V8 answers in the middle of a loop, too. */
  async #weigh(): Promise<void> {
    if (this.#isWeighed || this.#end !== undefined) return;
    this.#isWeighed = true;
    try {
      const { used_heap_size: used } = await this.#worker.getHeapStatistics();
      const error = overBudgetThere(used, this.#megabytes);
      if (error !== undefined) this.#kill(error);
    } catch (error) {
      // It ended meanwhile, of which 'exit' tells.
      if (!(error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_NOT_RUNNING')) throw error;
    }
    this.#isWeighed = false;
  }

  /** In order, if it can. */
  async end(): Promise<void> {
    this.#end ??= new Error('the worker was ended');
    this.#tell({ kind: 'end' });
    const late = setTimeout(() => void this.#worker.terminate(), 1000);
    await this.#ended;
    clearTimeout(late);
  }

  #kill(error: Error): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    void this.#worker.terminate();
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'result':
        this.#take(message.id)?.resolve(message.value);
        break;
      case 'failure':
        this.#take(message.id)?.reject(errorFrom(message.error));
        break;
      case 'log':
        this.#tenants.get(message.instance)?.log[message.level](message.text);
        break;
      case 'stray':
        this.#stray(message.instance, errorFrom(message.error));
        break;
      case 'question':
        this.#reply(message.instance, message.question);
        break;
    }
  }

  #reply(instance: number, question: Question): void {
    if (question.kind !== 'compile' && question.kind !== 'rejected') {
      this.#send(this.#answer(instance, question));
      return;
    }
    this.#isCompiling = true;
    void this.#compiled(instance, question).then((answer) => {
      this.#isCompiling = false;
      this.#send(answer);
    });
  }

  #send(answer: Answer): void {
    this.#answers.postMessage(answer);
    Atomics.add(this.#words, WORD.answered, 1);
    Atomics.notify(this.#words, WORD.answered);
  }

  async #compiled(instance: number, question: Compiling): Promise<Answer> {
    try {
      return { kind: 'done', value: await this.#tenants.get(instance)?.compile(question) };
    } catch (error) {
      return { kind: 'failed', error: errorData(error) };
    }
  }

  #take(id: number): Waiting | undefined {
    const found = this.#waiting.get(id);
    this.#waiting.delete(id);
    return found;
  }

  #answer(instance: number, question: Exclude<Question, Compiling>): Answer {
    try {
      return { kind: 'done', value: this.#done(instance, question) };
    } catch (error) {
      return { kind: 'failed', error: errorData(error) };
    }
  }

  /** Of an instance that was dismissed nothing is done: what it had is not its any more. */
  #done(instance: number, question: Exclude<Question, Compiling>): unknown {
    const tenant = this.#tenants.get(instance);
    switch (question.kind) {
      case 'place':
        return tenant?.place(question);
      case 'collect':
        return tenant?.collect();
      case 'engine':
        return tenant?.answer(question.question);
      case 'watch':
        this.#watched.add(question.fd);
        return this.#watch.add(question.fd, () => this.#tell({ kind: 'wake', fd: question.fd }));
      case 'forget':
        this.#watched.delete(question.fd);
        return this.#watch.delete(question.fd);
    }
  }

  /** What nobody caught is one function's end, and not that of its neighbours; unless nobody knows whose it was. */
  #stray(instance: number, error: Error): void {
    if (instance === 0) {
      this.#kill(error);
      return;
    }
    const tenant = this.#tenants.get(instance);
    if (tenant === undefined) return;
    this.dismiss(instance);
    const gone = this.call(instance, { method: 'close' }).catch(() => {});
    tenant.lost(error, true, gone);
  }

  /** The thread is gone, and what it held is still open. */
  #bury(): void {
    const error = this.#end ?? new Error('its worker ended');
    this.#end = error;
    for (const fd of this.#watched) this.#watch.delete(fd);
    this.#answers.close();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    const current = Atomics.load(this.#words, WORD.current);
    const tenants = [...this.#tenants];
    this.#tenants.clear();
    for (const [instance, tenant] of tenants)
      tenant.lost(error, current === 0 || current === instance, Promise.resolve());
  }
}
