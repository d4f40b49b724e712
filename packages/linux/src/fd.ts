import { closeSync } from 'node:fs';
import { sys } from './ffi.ts';
import { forgetFd, holdFd } from './holdings.ts';
import { check } from './syscall-error.ts';

const F_DUPFD_CLOEXEC = 1030;

let tracing = false;
const open = new Map<Fd, string>();

/** A file descriptor with one owner, closed on dispose. Not closed by the garbage collector. */
export class Fd {
  #number: number;

  private constructor(number: number) {
    this.#number = number;
    holdFd(number);
    if (tracing) open.set(this, creationSite());
  }

  /** Takes over a raw descriptor; from now on only this object closes it. */
  static adopt(number: number): Fd {
    if (!Number.isInteger(number) || number < 0) throw new RangeError(`${number} is not a file descriptor`);
    return new Fd(number);
  }

  /** @throws Error after close(): a stale number may be somebody else's file by then. */
  get number(): number {
    if (this.#number < 0) throw new Error('file descriptor used after it was closed');
    return this.#number;
  }

  get closed(): boolean {
    return this.#number < 0;
  }

  duplicate(): Fd {
    return Fd.duplicateOf(this.number);
  }

  /** Of one that another thread has. @throws SyscallError EBADF. */
  static duplicateOf(number: number): Fd {
    return Fd.adopt(check('fcntl(F_DUPFD_CLOEXEC)', sys.fcntl(number, F_DUPFD_CLOEXEC, 3)));
  }

  /** Harmless when closed already. */
  close(): void {
    if (this.#number < 0) return;
    const number = this.#number;
    this.#number = -1;
    open.delete(this);
    forgetFd(number);
    closeSync(number);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function creationSite(): string {
  const frames = new Error().stack?.split('\n').slice(1) ?? [];
  return frames
    .filter((frame) => !frame.includes('/linux/src/fd.ts') && !frame.includes('node:'))
    .slice(0, 6)
    .map((frame) => frame.trim())
    .join('\n');
}

/** Records from here on where descriptors are made; for tests. */
export function traceFds(): void {
  tracing = true;
  open.clear();
}

/** Descriptors made since traceFds() and not closed yet, each with the call stack that made it. */
export function openFds(): { fd: Fd; site: string }[] {
  return [...open].map(([fd, site]) => ({ fd, site }));
}
