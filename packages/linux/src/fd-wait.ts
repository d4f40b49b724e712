import { Errno } from './errno.ts';
import { sys } from './ffi.ts';
import { NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';

const POLLIN = 1;
/** struct pollfd { int fd; short events, happened } */
const POLLFD = 8;

/** Descriptors of any thread, by number, that this thread waits for by blocking. */
export class FdWait {
  readonly #polled: NativeBuffer;
  readonly #count: number;

  constructor(fds: readonly number[]) {
    this.#count = fds.length;
    this.#polled = new NativeBuffer(POLLFD * fds.length);
    for (const [index, fd] of fds.entries()) this.#polled.setU32(POLLFD * index, fd).setU16(POLLFD * index + 4, POLLIN);
  }

  /** Until one can be read, or a signal comes, at most `timeoutMs`: whether one can. */
  wait(timeoutMs: number): boolean {
    const result = sys.poll(this.#polled.bytes, this.#count, timeoutMs);
    return result !== -Errno.EINTR && check('poll', result) > 0;
  }
}
