import type { LinearMemory } from '../memory/linear-memory.ts';
import type { Forwarder } from '../ports/forwarder.ts';
import type { Port } from '../ports/port.ts';
import type { PollOptions } from './messages.ts';

/** Sleeps until a descriptor, or the alarm, can be read, at most so long. */
export type WaitForFds = (fds: readonly number[], alarm: number, timeoutMs: number) => void;

const DEFAULT_PATIENCE_US = 50;
/** Somebody wakes it: this is for what nobody has thought of. */
const LONGEST_WAIT_MS = 1000;
/** How long ports may be left alone that nothing wakes for, such as files with a timing of their own. */
const SHORT_WAIT_MS = 1;

/** Polls as long as there are frames, and sleeps when there have been none for a while. */
export class PollLoop {
  readonly #forwarder: Forwarder;
  readonly #words: Int32Array;
  readonly #bell: number;
  readonly #asleep: number;
  readonly #alarm: number | undefined;
  readonly #waitForFds: WaitForFds;
  readonly #busy: boolean;
  readonly #patienceMs: number;
  /** Whose descriptors `fds` are. */
  #ports: readonly Port[] = [];
  #fds: readonly number[] = [];

  constructor(memory: LinearMemory, forwarder: Forwarder, options: PollOptions, waitForFds: WaitForFds) {
    this.#forwarder = forwarder;
    this.#words = new Int32Array(memory.memory.buffer);
    this.#bell = forwarder.pool.image.bell >>> 2;
    this.#asleep = forwarder.pool.image.asleep >>> 2;
    this.#alarm = forwarder.pool.image.alarm;
    this.#waitForFds = waitForFds;
    this.#busy = options.busy ?? false;
    this.#patienceMs = (options.patienceUs ?? DEFAULT_PATIENCE_US) / 1000;
  }

  /** Until `hear`, which is called whenever the bell has rung, says that it is over. */
  run(hear: () => boolean): void {
    let heard = Atomics.load(this.#words, this.#bell) - 1;
    let emptySince = Number.POSITIVE_INFINITY;
    for (;;) {
      const bell = Atomics.load(this.#words, this.#bell);
      if (bell !== heard && hear()) return;
      heard = bell;
      if (this.#forwarder.round() > 0) emptySince = Number.POSITIVE_INFINITY;
      else if (emptySince === Number.POSITIVE_INFINITY) emptySince = performance.now();
      else if (!this.#busy && performance.now() - emptySince > this.#patienceMs) this.#sleep(bell);
    }
  }

  /** Called thousands of times a second when frames come one by one: it makes no objects. */
  #sleep(bell: number): void {
    const { ports } = this.#forwarder;
    if (ports !== this.#ports) {
      this.#ports = ports;
      this.#fds = ports.flatMap(({ device }) => device.fd ?? []);
    }
    const timeout = ports.some(isUnwatched) ? SHORT_WAIT_MS : LONGEST_WAIT_MS;
    if (this.#fds.length === 0 || this.#alarm === undefined) {
      Atomics.wait(this.#words, this.#bell, bell, timeout);
      return;
    }
    // Who rings behind this sees that the alarm is needed.
    Atomics.store(this.#words, this.#asleep, 1);
    if (Atomics.load(this.#words, this.#bell) === bell) this.#waitForFds(this.#fds, this.#alarm, timeout);
    Atomics.store(this.#words, this.#asleep, 0);
  }
}

/** It has frames under way, or brings some by itself, and no descriptor that says so. */
const isUnwatched = ({ device, sending }: Port): boolean =>
  sending > 0 || (device.exchange !== undefined && device.fd === undefined && !device.rings && !device.finished);
