import { errnoName } from './errno.ts';
import type { Fd } from './fd.ts';
import { type NativePoll, pollReadable } from './ffi.ts';

// Two reasons to keep every poll here until it is closed: an unreferenced handle is closed silently by the garbage
// collector, and libuv allows one handle per descriptor.
const polls = new Map<number, FdPoll>();

/** A descriptor watched by Node's event loop. */
export class FdPoll {
  readonly #number: number;
  #native: NativePoll | undefined;

  constructor(fd: Fd, onReadable: () => void) {
    this.#number = fd.number;
    if (polls.has(this.#number)) throw new Error(`file descriptor ${this.#number} is polled already`);
    this.#native = pollReadable(this.#number, (status) => this.#notify(status, onReadable));
    polls.set(this.#number, this);
  }

  #notify(status: number, onReadable: () => void): void {
    try {
      if (status < 0) throw new Error(`polling file descriptor ${this.#number} failed: ${errnoName(-status)}`);
      if (this.#native !== undefined) onReadable();
    } catch (error) {
      if (status < 0) this.close();
      // Out of band: thrown from here it would vanish and stop all polling of the process.
      setImmediate(() => {
        throw error;
      });
    }
  }

  /** Lets the process exit although the descriptor is watched. */
  unref(): void {
    this.#native?.unref();
  }

  ref(): void {
    this.#native?.ref();
  }

  /** Stops watching; call it before the descriptor is closed. Harmless when closed already. */
  close(): void {
    if (this.#native === undefined) return;
    polls.delete(this.#number);
    this.#native.close();
    this.#native = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Calls `onReadable` in Node's event loop whenever `fd` has something to read (level-triggered). What it throws becomes
 * an uncaught exception, as from any event handler. Makes the descriptor non-blocking.
 */
export function pollFd(fd: Fd, onReadable: () => void): FdPoll {
  return new FdPoll(fd, onReadable);
}
