import type { Log } from '@twinpath/vnf';

const PERIOD_MS = 1000;

/** Lines about packets: packets come fast, so that of each kind of line one a second is written. */
export class LimitedLog {
  readonly #log: Log;
  readonly #kinds = new Map<string, { writtenAt: number; suppressed: number }>();

  constructor(log: Log) {
    this.#log = log;
  }

  write(level: keyof Log, kind: string, text: string): void {
    const now = performance.now();
    const before = this.#kinds.get(kind);
    if (before !== undefined && now - before.writtenAt < PERIOD_MS) {
      before.suppressed++;
      return;
    }
    const more = before !== undefined && before.suppressed > 0 ? ` (and ${before.suppressed} times more before)` : '';
    this.#kinds.set(kind, { writtenAt: now, suppressed: 0 });
    this.#log[level](text + more);
  }
}
