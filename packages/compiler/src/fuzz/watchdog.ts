// A compiler that does not end cannot say so itself: another thread does, and ends the process.

import { writeSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const LIMIT_MS = 60_000;
const CHECK_MS = 1000;

export class Watchdog {
  readonly #state = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker;

  constructor() {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: this.#state });
    this.#worker.unref();
  }

  /** To be told before each step of work on a seed. */
  alive(seed: number): void {
    Atomics.store(this.#state, 1, seed);
    Atomics.add(this.#state, 0, 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

function watch(state: Int32Array): void {
  let [steps, since] = [-1, performance.now()];
  setInterval(() => {
    const now = Atomics.load(state, 0);
    if (now !== steps) [steps, since] = [now, performance.now()];
    if (performance.now() - since < LIMIT_MS) return;
    writeSync(1, `\nseed ${Atomics.load(state, 1)}: no end after ${LIMIT_MS / 1000} seconds\n`);
    process.kill(process.pid, 'SIGKILL');
  }, CHECK_MS);
}

if (!isMainThread && parentPort !== null && workerData instanceof Int32Array) watch(workerData);
