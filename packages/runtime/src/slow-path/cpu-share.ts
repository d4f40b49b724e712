import { existsSync, readFileSync } from 'node:fs';

/** Nanoseconds on a CPU, and ready to run without one (Documentation/scheduler/sched-stats.rst; CONFIG_SCHED_INFO). */
const STATISTICS = '/proc/thread-self/schedstat';
/** Who has waited for less of the time that it ran is alone. */
const ALONE = 0.1;
/** Times what it has run, it leaves to others. */
const TO_OTHERS = 15;
const MOST_MS = 100;
const NS_PER_MS = 1e6;
/** Clock ticks of /proc/stat. */
const MS_PER_TICK = 10;
/** What was longer ago says nothing of now. */
const RECENT_MS = 500;
/** It was for nobody but those who worked for it that it has waited: so long it does so no more. */
const FREE_MS = 250;

/** What this thread has had of its CPU. Priorities would not do: they count among the threads of a session only (sched(7), autogroup). */
export class CpuShare {
  readonly #isCounted = existsSync(STATISTICS);
  #ran = 0;
  #waited = 0;
  #asked = Number.NEGATIVE_INFINITY;
  /** The pause before, and for how long the CPU had been idle when it began. */
  #pause: { readonly ms: number; readonly cpu: number; readonly idleMs: number } | undefined;
  #freeUntil = Number.NEGATIVE_INFINITY;

  /** Milliseconds that are the others' now, for what this thread has run since the last time; 0: nobody else wants its CPU. */
  yieldMs(): number {
    const now = performance.now();
    if (!this.#isCounted || now < this.#freeUntil) return 0;
    const isRecent = now - this.#asked < RECENT_MS;
    this.#asked = now;
    const [ran = 0, waited = 0] = readFileSync(STATISTICS, 'latin1').split(' ', 2).map(Number);
    const [ownNs, waitedNs] = [ran - this.#ran, waited - this.#waited];
    this.#ran = ran;
    this.#waited = waited;
    const wasIdle = isRecent && this.#wasIdle();
    this.#pause = undefined;
    if (wasIdle) this.#freeUntil = now + FREE_MS;
    if (wasIdle || !isRecent || waitedNs < ALONE * ownNs) return 0;
    const ms = Math.min(MOST_MS, (TO_OTHERS * ownNs) / NS_PER_MS);
    const cpu = ownCpu();
    this.#pause = { ms, cpu, idleMs: idleMsOf(cpu) };
    return ms;
  }

  /** Nobody wanted the CPU in most of the last pause. */
  #wasIdle(): boolean {
    if (this.#pause === undefined) return false;
    const { ms, cpu, idleMs } = this.#pause;
    return idleMsOf(cpu) - idleMs > ms / 2;
  }
}

/** On which this thread runs. */
function ownCpu(): number {
  const text = readFileSync('/proc/thread-self/stat', 'latin1');
  // Field 39 (proc_pid_stat(5)); the name, field 2, may hold blanks.
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[36]);
}

function idleMsOf(cpu: number): number {
  const line = readFileSync('/proc/stat', 'latin1')
    .split('\n')
    .find((one) => one.startsWith(`cpu${cpu} `));
  return Number(line?.split(' ')[4] ?? 0) * MS_PER_TICK;
}
