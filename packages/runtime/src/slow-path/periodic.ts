import { type Duration, duration } from '@twinpath/vnf';

const NS_PER_MS = 1e6;

export interface PeriodicOptions {
  readonly signal: AbortSignal;
  /** What the task threw. */
  failed(error: unknown): void;
}

/** Runs the task a period after it has begun or ended last, whichever is later, until the signal aborts. */
export function every(
  period: Duration | (() => number),
  task: () => unknown,
  { signal, failed }: PeriodicOptions,
): void {
  const fixed = typeof period === 'string' ? duration(period) : undefined;
  let timer: NodeJS.Timeout | undefined;
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  const schedule = (spentMs: number) => {
    if (signal.aborted) return;
    const ns = fixed ?? (typeof period === 'function' ? period() : 0);
    timer = setTimeout(run, Math.max(0, ns / NS_PER_MS - spentMs));
  };
  const run = async () => {
    const begun = performance.now();
    try {
      await task();
    } catch (error) {
      failed(error);
    }
    try {
      schedule(performance.now() - begun);
    } catch (error) {
      // The period itself is the author's code; without one there is no next time.
      failed(error);
    }
  };
  schedule(0);
}
