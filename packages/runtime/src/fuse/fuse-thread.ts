import { Worker } from 'node:worker_threads';
import type { FuseAnswer, FuseJob, FuseMade } from './fuse-job.ts';

const ENTRY = new URL(`./fuse-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

interface Waiting {
  readonly made: (made: FuseMade) => void;
  readonly failed: (error: Error) => void;
}

/** A smaller program may do. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

/** The thread of this process that fuses chains. It begins with the first, and keeps nobody alive that does not wait for it. */
class FuseThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #jobs = 0;

  make(job: Omit<FuseJob, 'id'>): Promise<FuseMade> {
    const id = ++this.#jobs;
    const worker = this.#running();
    return new Promise((made, failed) => {
      this.#waiting.set(id, { made, failed });
      worker.ref();
      worker.postMessage({ ...job, id } satisfies FuseJob);
    });
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(ENTRY, { name: 'twinpath fusing' });
    worker.on('message', (answer: FuseAnswer) => this.#hear(answer));
    worker.on('error', (error) => this.#lost(error instanceof Error ? error : new Error(String(error))));
    this.#worker = worker;
    return worker;
  }

  #hear(answer: FuseAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if ('made' in answer) waiting?.made(answer.made);
    else waiting?.failed(new (answer.isTooLarge ? TooLargeError : Error)(answer.failed));
  }

  #lost(error: Error): void {
    this.#worker = undefined;
    for (const { failed } of this.#waiting.values()) failed(error);
    this.#waiting.clear();
  }
}

export const fuseThread = new FuseThread();
