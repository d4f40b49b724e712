import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Engine } from '../engine.ts';
import { GUARD_BYTES } from '../memory/cpu-state.ts';
import { Counters, type VerdictCounter, verdictCounters } from '../ports/counters.ts';
import { createVerdictCounters } from '../ports/create-port.ts';
import { BURST_BYTES, type ForwarderPlace } from '../ports/forwarder.ts';
import {
  createFramePool,
  FramePool,
  type FramePoolImage,
  type FramePoolOptions,
  freeFramePool,
} from '../ports/frame-pool.ts';
import type { Trap } from '../trap-report.ts';
import type { Answer, Configuration, FromWorker, PollOptions, ToWorker, WorkerStart } from './messages.ts';

export interface EngineWorkerOptions {
  /** Which of the engine's CPUs it is. */
  readonly cpu: number;
  readonly pool?: FramePoolOptions;
  readonly poll?: PollOptions;
  /** A program was stopped; ten a second are told. */
  readonly onTrap?: (trap: Trap) => void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const PATIENCE_MS = 5000;
const NOTHING: Configuration = {
  ports: [],
  program: 0,
  host: undefined,
  interfaces: [],
  inlet: undefined,
  network: undefined,
};

/** JavaScript, or TypeScript: as this file. */
const ENTRY = new URL(`./worker-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/**
 * A thread that polls ports and runs a program on what comes, seen from the thread that made the engine (shared, with a CPU
 * for each worker). Its frames and rings lie in the engine's memory: when it dies, nothing of the kernel's is left behind.
 */
export class EngineWorker implements AsyncDisposable {
  readonly cpu: number;
  /** Ports that it is to work on take their frames from here. */
  readonly pool: FramePoolImage;
  readonly #engine: Engine;
  readonly #place: ForwarderPlace;
  readonly #counters: Counters<VerdictCounter>;
  readonly #worker: Worker;
  readonly #commands: MessagePort;
  readonly #words: Int32Array;
  readonly #answered = new Int32Array(new SharedArrayBuffer(4));
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  readonly #linux: Linux | undefined;
  /** Wakes it out of system calls. */
  readonly #alarm: Alarm | undefined;
  readonly #slots = new Set<number>();
  #serial = 0;
  #end: Error | undefined;

  private constructor(engine: Engine, { cpu, pool, poll = {}, onTrap }: EngineWorkerOptions, linux: Linux | undefined) {
    if (!engine.memory.shared)
      throw new RangeError('workers need an engine that is shared: new Engine({ shared: true })');
    if (cpu >= engine.cpus) throw new RangeError(`worker ${cpu} of an engine with ${engine.cpus} CPUs`);
    this.cpu = cpu;
    this.#engine = engine;
    this.#linux = linux;
    this.#alarm = linux?.createEventFd();
    this.pool = createFramePool(engine, pool, this.#alarm?.number);
    const contexts = engine.allocate(BURST_BYTES, 'contexts of a burst');
    this.#place = { contexts, counters: createVerdictCounters(engine) };
    this.#counters = new Counters(engine.memory, this.#place.counters, verdictCounters);
    this.#words = new Int32Array(engine.memory.memory.buffer);
    const { port1, port2 } = new MessageChannel();
    this.#commands = port1;
    port1.on('message', (answer: Answer) => this.#settle(answer));
    port1.unref();
    const holdings = linux?.createHoldings();
    const start: WorkerStart = {
      image: engine.image(),
      cpu,
      pool: this.pool,
      place: this.#place,
      poll,
      answered: this.#answered.buffer,
      holdings,
    };
    this.#worker = new Worker(ENTRY, {
      name: `twinpath engine ${cpu}`,
      workerData: { ...start, commands: port2 },
      transferList: [port2],
      // Descriptors of native code are not Node's to close; those that are left are closed by number.
      trackUnmanagedFds: false,
    });
    this.#worker.on('message', ({ trap }: FromWorker) => onTrap?.(trap));
    this.#worker.on('error', (error) => {
      this.#end ??= error instanceof Error ? error : new Error(String(error));
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#bury();
        if (holdings !== undefined) linux?.releaseHoldings(holdings);
        this.#alarm?.close();
        resolve();
      });
    });
  }

  static async start(engine: Engine, options: EngineWorkerOptions): Promise<EngineWorker> {
    const linux = process.platform === 'linux' ? await import('@twinpath/linux') : undefined;
    // Larger pages (arm64) would take away what lies beside.
    if (linux?.pageSize() === GUARD_BYTES) {
      const { buffer } = engine.memory.memory;
      for (const guard of engine.guards) linux.forbidMemory(buffer, guard, GUARD_BYTES);
    }
    return new EngineWorker(engine, options, linux);
  }

  /** Why it works no more. */
  get failure(): Error | undefined {
    return this.#end;
  }

  /** Has it look at its ports now, if it sleeps: whoever rings the bell of its pool calls this behind that. */
  wake(): void {
    if (this.#alarm === undefined || Atomics.load(this.#words, this.pool.asleep >>> 2) === 0) return;
    this.#linux?.signalEventFd(this.#alarm.number);
  }

  /** Comes when the thread is gone. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** For a new port of this worker. */
  takeSlot(): { readonly pool: FramePoolImage; readonly slot: number } {
    for (let slot = 1; slot < 255; slot++) {
      if (this.#slots.has(slot)) continue;
      this.#slots.add(slot);
      return { pool: this.pool, slot };
    }
    throw new RangeError('a worker has 254 ports at most');
  }

  /**
   * What it works on from now on, with the engine's maps and programs as they are now. Ports that stay lose no frame; of
   * those that go, what is being sent is waited for.
   */
  configure(configuration: Partial<Configuration>): Promise<void> {
    return this.#tell(this.#configured(configuration));
  }

  /**
   * As configure, and has been done when it returns: what is disposed behind it is nowhere used any more. This thread stands still
   * meanwhile; the worker must have answered once before.
   */
  configureNow(configuration: Partial<Configuration>): void {
    let outcome: Answer | undefined;
    const settled = (error?: Error) => {
      outcome = error === undefined ? { id: 0 } : { id: 0, error };
    };
    this.#ask(this.#configured(configuration), { resolve: () => settled(), reject: settled });
    const deadline = performance.now() + PATIENCE_MS;
    while (outcome === undefined) {
      const before = Atomics.load(this.#answered, 0);
      if (this.#hear()) continue;
      if (performance.now() > deadline) throw new Error(`engine worker ${this.cpu} does not answer`);
      Atomics.wait(this.#answered, 0, before, PATIENCE_MS / 10);
    }
    if (outcome.error !== undefined) throw outcome.error;
  }

  /** Takes back the frames of ports that were left out of the configuration, and are closed. */
  async reclaim(slots: readonly number[]): Promise<void> {
    await this.#tell({ kind: 'reclaim', slots });
    for (const slot of slots) this.#slots.delete(slot);
  }

  /** What became of frames. */
  counters(): Readonly<Record<VerdictCounter, number>> {
    return this.#counters.read();
  }

  /** Where each frame is; only when nothing moves. See FramePool. */
  audit(): ReadonlyMap<number, number> {
    return new FramePool(this.#engine.memory, this.pool).audit();
  }

  /** Ends the thread; its ports are closed, and those of the kernel can be. */
  async stop(): Promise<void> {
    if (this.#end === undefined) await this.#tell({ kind: 'stop' });
    await this.#ended;
  }

  /** Stops it, and gives its memory back: its ports must have been closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    freeFramePool(this.#engine, this.pool);
    this.#engine.free(this.#place.contexts);
    this.#engine.free(this.#place.counters);
  }

  #tell(message: Without<ToWorker, 'id'>): Promise<void> {
    return new Promise((resolve, reject) => this.#ask(message, { resolve, reject }));
  }

  #configured(configuration: Partial<Configuration>): Without<ToWorker, 'id'> {
    return { kind: 'configure', image: this.#engine.image(), configuration: { ...NOTHING, ...configuration } };
  }

  #ask(message: Without<ToWorker, 'id'>, waiting: Waiting): void {
    if (this.#end !== undefined) {
      waiting.reject(this.#end);
      return;
    }
    const id = this.#serial++;
    this.#waiting.set(id, waiting);
    this.#commands.postMessage({ id, ...message });
    const bell = this.pool.bell >>> 2;
    Atomics.add(this.#words, bell, 1);
    Atomics.notify(this.#words, bell);
    this.wake();
  }

  /** One answer, if there is any. */
  #hear(): boolean {
    const received: { readonly message: Answer } | undefined = receiveMessageOnPort(this.#commands);
    if (received !== undefined) this.#settle(received.message);
    return received !== undefined;
  }

  #settle({ id, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(error);
  }

  #bury(): void {
    // What it has said before its end.
    while (this.#hear());
    this.#commands.close();
    this.#end ??= new Error(`engine worker ${this.cpu} has ended`);
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }
}

type Linux = Pick<
  typeof import('@twinpath/linux'),
  'createEventFd' | 'createHoldings' | 'releaseHoldings' | 'signalEventFd'
>;
type Alarm = ReturnType<Linux['createEventFd']>;
type Without<T, K extends keyof T> = T extends unknown ? Omit<T, K> : never;
