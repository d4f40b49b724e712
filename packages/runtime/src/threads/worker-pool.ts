import { availableParallelism } from 'node:os';
import { EdgeWatch } from '@twinpath/linux';
import { SlowPathWorker } from './slow-path-worker.ts';

export interface WorkerPoolOptions {
  /** Of `hash`. */
  readonly seed: number;
  /** Most workers that functions share; default: as many as there are CPUs, but at most 4. */
  readonly shared?: number;
  /** What the objects of each may take; default 1024. */
  readonly megabytes?: number;
  /** For so long a worker's event loop may stand still; default 5. */
  readonly patienceSeconds?: number;
}

const CHECKS_PER_SECOND = 4;

/** The workers of this process, started when they are needed and ended when they are not. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Set<SlowPathWorker>();
  #watch: EdgeWatch | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** How many threads there are. */
  get size(): number {
    return this.#workers.size;
  }

  /** `own`: with nobody else in it. The caller admits an instance to it before anything else. */
  take(kind: 'shared' | 'own'): SlowPathWorker {
    const { shared: most = Math.min(4, availableParallelism()) } = this.#options;
    const shared = [...this.#workers].filter(({ own, isEnding }) => !own && !isEnding);
    if (kind === 'shared' && shared.length >= most) {
      return shared.reduce((least, one) => (one.tenants < least.tenants ? one : least));
    }
    const worker = this.#start();
    worker.own = kind === 'own';
    return worker;
  }

  /** An instance has left it. */
  async leave(worker: SlowPathWorker): Promise<void> {
    if (worker.tenants > 0) return;
    this.#workers.delete(worker);
    await worker.end();
    if (this.#workers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }

  #start(): SlowPathWorker {
    const { seed, megabytes = 1024, patienceSeconds = 5 } = this.#options;
    this.#watch ??= new EdgeWatch();
    const most = patienceSeconds * CHECKS_PER_SECOND;
    this.#timer ??= setInterval(() => {
      for (const worker of this.#workers) worker.check(most);
    }, 1000 / CHECKS_PER_SECOND).unref();
    const worker = new SlowPathWorker({ seed, megabytes, watch: this.#watch });
    this.#workers.add(worker);
    return worker;
  }
}
