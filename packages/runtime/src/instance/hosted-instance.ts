import { setTimeout as delay } from 'node:timers/promises';
import { ModuleError } from '@twinpath/compiler/run';
import type { Log } from '@twinpath/vnf';
import { ChainError } from '../chain/chain-error.ts';
import type { FunctionMeasures } from '../chain/measures.ts';
import type { FunctionStatistics } from '../chain/statistics.ts';
import type { FunctionSource } from '../compile/compile-job.ts';
import { compileThread } from '../compile/compile-thread.ts';
import type { InstancePlaces, Wiring } from '../instance-plane.ts';
import { InstanceState } from '../tables/state.ts';
import { errorData } from '../threads/error-data.ts';
import type { Begun, Call, NewInstance, Question } from '../threads/messages.ts';
import type { SlowPathWorker, Tenant } from '../threads/slow-path-worker.ts';
import type { WorkerPool } from '../threads/worker-pool.ts';
import { BackOff } from './back-off.ts';
import { machineClock } from './clock.ts';
import type { FunctionData, InstanceHandle, StartOptions, TableEntry } from './instance-handle.ts';
import type { InstanceHome, Lodging, StateMemory } from './instance-home.ts';
import { hasDurableTables } from './saved-tables.ts';

export interface HostedInstanceOptions {
  readonly instance: NewInstance;
  readonly pool: WorkerPool;
  readonly home: InstanceHome;
  readonly wiring: Wiring;
  readonly log: Log;
  readonly worker: 'shared' | 'own';
  /** What becomes of packets for the slow path while it is not there. */
  readonly onFailure: 'pass' | 'drop';
}

/** What it was brought to, and is brought to again. */
interface Wanted {
  readonly config: unknown;
  readonly places: InstancePlaces;
}

const TICK_MS = 1000;
const PATIENCE_MS = 2000;
let numbers = 0;

/** An instance whose code runs in a worker. When that ends, it is started again over the same maps; the fast path goes on. */
export class HostedInstance implements InstanceHandle {
  readonly name: string;
  readonly #options: HostedInstanceOptions;
  readonly #number = ++numbers;
  readonly #backOff = new BackOff();
  readonly #stop = new AbortController();
  readonly #tenant: Tenant;
  #worker: SlowPathWorker | undefined;
  /** Its text as it was when its module was run. */
  #source: FunctionSource;
  #spec: FunctionData | undefined;
  #wanted: Wanted | undefined;
  #config: unknown;
  #restarts = 0;
  /** The last that were read: they stand for those of a slow path that is not there. */
  #statistics: FunctionStatistics | undefined;
  #restarting: Promise<void> | undefined;
  /** What earlier slow paths had was taken back. */
  #cleared: Promise<unknown> = Promise.resolve();
  #lodging: Lodging | undefined;
  #state: StateMemory | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: HostedInstanceOptions, source: FunctionSource) {
    const { instance, wiring, log } = options;
    this.name = instance.name;
    this.#options = options;
    this.#source = source;
    this.#tenant = {
      log,
      place: ({ programs }) => wiring.place(programs),
      compile: (question) => this.#compile(question),
      collect: () => wiring.collect(),
      answer: (question) => this.#lodging?.answer(question),
      lost: (error, guilty, gone) => this.#lost(error, guilty, gone),
    };
  }

  /** Imports the function, in a worker. @throws CompileError … */
  static async open(options: HostedInstanceOptions, source: FunctionSource): Promise<HostedInstance> {
    const instance = new HostedInstance(options, source);
    await instance.#open(options.worker);
    return instance;
  }

  get spec(): FunctionData {
    if (this.#spec === undefined) throw new Error('the function was not imported yet');
    return this.#spec;
  }

  get isRunning(): boolean {
    return this.#restarting === undefined;
  }

  config(): unknown {
    return this.#config;
  }

  async start(config: unknown, places: InstancePlaces, options: StartOptions = {}): Promise<void> {
    this.#begun(await this.#call({ method: 'start', config, places, options }));
    this.#wanted = { config, places };
    this.#backOff.began(performance.now());
    this.#state = this.#options.home.openState();
    // A process that was killed while its slow path was away has left word of that.
    this.#setAbsent(false);
    // Also while there is no worker: entries would be younger than they are, and then all at once older.
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  async configure(config: unknown): Promise<void> {
    this.#config = await this.#call({ method: 'configure', config });
    if (this.#wanted !== undefined) this.#wanted = { ...this.#wanted, config };
  }

  async place(places: InstancePlaces): Promise<void> {
    if (this.#wanted === undefined) throw new Error('the function was not started yet');
    await this.#call({ method: 'place', places });
    this.#wanted = { ...this.#wanted, places };
  }

  async save(file: string): Promise<void> {
    // A worker may hold a call up, and takes longer to be found at fault meanwhile.
    if (!hasDurableTables(this.spec)) return;
    await this.#call({ method: 'save', file });
  }

  operate(operation: string, input: unknown): Promise<unknown> {
    return this.#call({ method: 'operate', operation, input });
  }

  /** While the slow path is not there, those that were read last. */
  async statistics(): Promise<FunctionStatistics> {
    try {
      // The worker's own type.
      if (this.#restarting === undefined)
        this.#statistics = (await this.#call({ method: 'statistics' })) as FunctionStatistics;
    } catch (error) {
      if (this.#restarting === undefined) throw error;
    }
    if (this.#statistics === undefined) throw this.#absent();
    const { slowPath, ...others } = this.#statistics;
    return { ...others, slowPath: { ...slowPath, restarts: this.#restarts } };
  }

  async measures(): Promise<FunctionMeasures> {
    // The worker's own type.
    return (await this.#call({ method: 'measures' })) as FunctionMeasures;
  }

  async entries(table: string): Promise<readonly TableEntry[]> {
    // The worker's own type.
    return (await this.#call({ method: 'entries', table })) as readonly TableEntry[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    clearInterval(this.#timer);
    await this.#restarting;
    await this.#leave();
    await this.#cleared;
    // Another version may have the same maps, and its slow path may be there.
    this.#setAbsent(false);
    this.#state?.[Symbol.dispose]();
  }

  #begun(answer: unknown): void {
    // The worker's own type.
    const { config, statistics } = answer as Begun;
    this.#config = config;
    this.#statistics = statistics;
  }

  /** Waits a little for a worker that is on its way. */
  async #call(call: Call): Promise<unknown> {
    if (this.#restarting !== undefined)
      await Promise.race([this.#restarting, delay(PATIENCE_MS, undefined, { ref: false })]);
    if (this.#worker === undefined || this.#restarting !== undefined) throw this.#absent();
    return this.#worker.call(this.#number, call);
  }

  #absent(): ChainError {
    const why = `the slow path of ${this.name} has failed and is not there yet`;
    const hint = 'its log says why; it is started again by itself';
    return new ChainError('TP_SLOW_PATH', this.#options.instance.chain, why, { hint });
  }

  async #open(kind: 'shared' | 'own'): Promise<void> {
    const { instance, pool, home } = this.#options;
    const { module, floods, routes } = this.#source;
    const code = { module, floods, routes };
    const lodging = home.lodge();
    const worker = pool.take(kind);
    worker.admit(this.#number, this.#tenant);
    this.#worker = worker;
    this.#lodging = lodging;
    try {
      // The worker's own type.
      this.#spec = (await worker.call(this.#number, {
        method: 'open',
        instance,
        code,
        plane: lodging.plane,
      })) as FunctionData;
    } catch (error) {
      await this.#leave();
      if (!(error instanceof ModuleError)) throw error;
      throw await compileThread.failure({ source: this.#source, error: errorData(error) });
    }
  }

  #compile(question: Extract<Question, { kind: 'compile' | 'rejected' }>): Promise<unknown> {
    const given = { source: this.#source, spec: this.spec };
    return question.kind === 'compile'
      ? compileThread.compile({ ...given, request: question.request })
      : compileThread.rejected({ ...given, request: question.request, rejection: question.rejection });
  }

  async #leave(): Promise<void> {
    const [worker, lodging] = this.#leaveRoom();
    if (worker === undefined) return;
    worker.giveUp(this.#number);
    try {
      await worker.call(this.#number, { method: 'close' });
    } catch (error) {
      // With its thread the instance has ended, too.
      if (!worker.isEnding) this.#options.log.error(`the slow path does not end in order: ${String(error)}`);
    } finally {
      worker.dismiss(this.#number);
      await this.#options.pool.leave(worker);
      await lodging?.[Symbol.asyncDispose]();
    }
  }

  #leaveRoom() {
    const room = [this.#worker, this.#lodging] as const;
    this.#worker = undefined;
    this.#lodging = undefined;
    return room;
  }

  #tick(): void {
    const state = this.#stateWords();
    if (state !== undefined) state.seconds = machineClock.seconds();
  }

  #stateWords(): InstanceState | undefined {
    const state = this.#state;
    return state && new InstanceState({ memory: () => state.memory });
  }

  #setAbsent(isAbsent: boolean): void {
    const state = this.#stateWords();
    if (state !== undefined) state.absent = isAbsent ? this.#options.onFailure : 'no';
  }

  #lost(error: Error, guilty: boolean, gone: Promise<unknown>): void {
    const [worker, lodging] = this.#leaveRoom();
    // Its thread may have to end first: nobody waits for that but who takes the instance away.
    this.#cleared = Promise.all([this.#cleared, gone.then(() => lodging?.[Symbol.asyncDispose]())]).catch((why) =>
      this.#options.log.error(`what the slow path had cannot be taken back: ${String(why)}`),
    );
    const left = worker === undefined ? undefined : this.#options.pool.leave(worker);
    if (this.#stop.signal.aborted || this.#wanted === undefined) return;
    this.#setAbsent(true);
    const treatment = this.#options.onFailure === 'pass' ? 'pass' : 'are dropped';
    const told = error.stack ?? error.message;
    const why = guilty ? `the slow path has failed, and packets for it ${treatment}: ${told}` : 'the slow path moves';
    this.#options.log[guilty ? 'error' : 'warn'](why);
    this.#restarting = this.#restart(guilty, left);
  }

  /** Never rejects. */
  async #restart(guilty: boolean, left: Promise<void> | undefined): Promise<void> {
    await left;
    let kind = guilty ? 'own' : this.#options.worker;
    for (let wait = guilty ? this.#backOff.failed(performance.now()) : 0; ; ) {
      try {
        await delay(wait, undefined, { signal: this.#stop.signal });
        await this.#again(kind, { adopt: {}, discard: guilty });
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        wait = this.#backOff.failed(performance.now());
        kind = 'own';
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#options.log.error(`the slow path cannot be started again; next attempt in ${wait} ms: ${text}`);
      }
    }
  }

  async #again(kind: 'shared' | 'own', options: StartOptions): Promise<void> {
    const wanted = this.#wanted;
    if (wanted === undefined) return;
    // A new thread runs the module as it is now.
    this.#source = await compileThread.read(this.#options.instance.use);
    await this.#open(kind);
    const worker = this.#worker;
    try {
      if (worker === undefined) throw this.#absent();
      this.#begun(await worker.call(this.#number, { method: 'start', ...wanted, options }));
    } catch (error) {
      await this.#leave();
      throw error;
    }
    this.#restarts++;
    this.#backOff.began(performance.now());
    this.#restarting = undefined;
    this.#setAbsent(false);
    this.#options.log.info('the slow path runs again');
  }
}
