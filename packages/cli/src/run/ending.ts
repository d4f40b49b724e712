import { setTimeout as delay } from 'node:timers/promises';

/** Aborted at the first Ctrl-C, SIGTERM or SIGHUP. Those that follow are its echo (a terminal sends it to all processes, and
 *  npm passes it on once more): the end has begun, and goes on in order. */
export function toldToEnd(): AbortSignal {
  const told = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => told.abort());
  return told.signal;
}

/** About 25 days: the longest that a timer can be. */
const LONGEST_MS = 2 ** 31 - 1;

/** Until `told`, or for `seconds`. */
export async function untilTheEnd(told: AbortSignal, seconds?: number): Promise<void> {
  const ms = seconds === undefined ? LONGEST_MS : Math.min(seconds * 1_000, LONGEST_MS);
  await delay(ms, undefined, { signal: told }).catch((error: unknown) => {
    if (!told.aborted) throw error;
  });
}
