import { WorkerPool } from './worker-pool.ts';

let pool: WorkerPool | undefined;

/** That of this process, for slow paths of all its chains. `seed`: of `hash`, one for all of the process. */
export function sharedPool(seed: number): WorkerPool {
  pool ??= new WorkerPool({ seed });
  return pool;
}
