import { LimitedLog } from '@twinpath/runtime';
import type { Log } from '@twinpath/vnf';

/** A chain outlives what an author's code throws where nobody catches it (a timer, a promise that nobody waits for), as it does
 *  what a handler throws: with the process the slow path would end, and the fast path go on alone. It also outlives the readers
 *  of its lines. */
export function outliveStrays(log: Log): void {
  const limited = new LimitedLog(log);
  process.on('uncaughtException', (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    limited.write('error', 'stray', `nobody caught this: ${text}`);
  });
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
