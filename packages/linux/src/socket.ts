import { Errno } from './errno.ts';
import { Fd } from './fd.ts';
import { sys } from './ffi.ts';
import { NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';

const SOCK_CLOEXEC = 0o2000000;
const POLLIN = 1;

/** A socket of a family that Node has no class for: netlink, packet, AF_XDP. It stays in the namespace it was made in. */
export class Socket {
  readonly fd: Fd;
  readonly #subject: string;
  readonly #number = new NativeBuffer(4);

  /** `subject` names the socket in errors. */
  constructor(family: number, type: number, protocol: number, subject: string) {
    this.#subject = subject;
    this.fd = Fd.adopt(check('socket', sys.socket(family, type | SOCK_CLOEXEC, protocol), { subject }));
  }

  bind(address: Uint8Array): void {
    check('bind', sys.bind(this.fd.number, address, address.length), { subject: this.#subject });
  }

  setOption(level: number, option: number, value: number | Uint8Array): void {
    const bytes = typeof value === 'number' ? this.#number.setU32(0, value).bytes : value;
    const result = sys.setsockopt(this.fd.number, level, option, bytes, bytes.length);
    check(`setsockopt(${level}, ${option})`, result, { subject: this.#subject });
  }

  /** Waits until something can be read: false after `timeoutMs` milliseconds. Blocks the thread. */
  waitReadable(timeoutMs: number): boolean {
    const pollfd = new NativeBuffer(8).setU32(0, this.fd.number).setU16(4, POLLIN);
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const left = Math.max(0, Math.ceil(deadline - performance.now()));
      const result = sys.poll(pollfd.bytes, 1, left);
      if (result !== -Errno.EINTR) return check('poll', result, { subject: this.#subject }) > 0;
    }
  }

  [Symbol.dispose](): void {
    this.fd.close();
  }
}
