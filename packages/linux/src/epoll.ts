import { Fd } from './fd.ts';
import { sys } from './ffi.ts';
import { type FdPoll, pollFd } from './poll.ts';
import { check } from './syscall-error.ts';

const EPOLL_CLOEXEC = 0x80000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
const EPOLLET = 0x8000_0000;
/** Events of one call. */
const MOST = 64;

/** `struct epoll_event` is packed on x86-64 only. */
const EVENT = process.arch === 'x64' ? { size: 12, data: 4 } : { size: 16, data: 8 };

/** Descriptors of any thread, by number, watched by the event loop of this one: each time that something new has come to one
 *  (edge-triggered), its callback is called. */
export class EdgeWatch implements Disposable {
  readonly #epoll: Fd;
  readonly #poll: FdPoll;
  readonly #callbacks = new Map<number, () => void>();
  readonly #events = new Uint8Array(EVENT.size * MOST);

  constructor() {
    this.#epoll = Fd.adopt(check('epoll_create1', sys.epollCreate1(EPOLL_CLOEXEC)));
    this.#poll = pollFd(this.#epoll, () => this.#collect());
    this.#poll.unref();
  }

  /** What is there already is new, too. `onEvent` must not throw. */
  add(fd: number, onEvent: () => void): void {
    const event = new Uint8Array(EVENT.size);
    const view = new DataView(event.buffer);
    view.setUint32(0, EPOLLIN | EPOLLET, true);
    view.setUint32(EVENT.data, fd, true);
    this.#callbacks.set(fd, onEvent);
    check('epoll_ctl', sys.epollCtl(this.#epoll.number, EPOLL_CTL_ADD, fd, event), { subject: `descriptor ${fd}` });
  }

  /** Before the descriptor is closed. */
  delete(fd: number): void {
    if (!this.#callbacks.delete(fd)) return;
    check('epoll_ctl', sys.epollCtl(this.#epoll.number, EPOLL_CTL_DEL, fd, null), { subject: `descriptor ${fd}` });
  }

  [Symbol.dispose](): void {
    this.#poll.close();
    this.#epoll.close();
  }

  #collect(): void {
    const count = check('epoll_wait', sys.epollWait(this.#epoll.number, this.#events, MOST, 0));
    const view = new DataView(this.#events.buffer);
    for (let index = 0; index < count; index++) {
      this.#callbacks.get(view.getUint32(index * EVENT.size + EVENT.data, true))?.();
    }
  }
}
