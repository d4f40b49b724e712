// What a service tells systemd (sd_notify(3)): a datagram to the socket that NOTIFY_SOCKET names.
import { sys } from './ffi.ts';
import { Socket } from './socket.ts';
import { check } from './syscall-error.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
/** struct sockaddr_un: a family of 2 bytes, a path of at most 108. */
const LONGEST_PATH = 108;

export class ServiceManager implements Disposable {
  readonly #socket: Socket;
  readonly #address: Uint8Array;

  private constructor(path: string) {
    const bytes = new TextEncoder().encode(path);
    if (bytes.length > LONGEST_PATH)
      throw new RangeError(`NOTIFY_SOCKET is longer than ${LONGEST_PATH} bytes: ${path}`);
    this.#address = new Uint8Array(2 + bytes.length);
    new DataView(this.#address.buffer).setUint16(0, AF_UNIX, true);
    this.#address.set(bytes, 2);
    // An abstract name begins with a zero byte, which is written as @.
    if (path.startsWith('@')) this.#address[2] = 0;
    this.#socket = new Socket(AF_UNIX, SOCK_DGRAM, 0, `the service manager at ${path}`);
  }

  /** `undefined`: nobody has started this process as a service. */
  static fromEnvironment(environment: NodeJS.ProcessEnv = process.env): ServiceManager | undefined {
    const { NOTIFY_SOCKET: path } = environment;
    return path === undefined || path === '' ? undefined : new ServiceManager(path);
  }

  /** Such as `{ READY: '1', STATUS: '3 chains' }`. @throws SyscallError */
  tell(state: Readonly<Record<string, string>>): void {
    const lines = Object.entries(state).map(([name, value]) => `${name}=${value.replaceAll('\n', ' ')}`);
    const message = new TextEncoder().encode(lines.join('\n'));
    const to = this.#address;
    const sent = sys.sendto(this.#socket.fd.number, message, message.length, 0, to, to.length);
    check('sendto', sent, { subject: 'the service manager' });
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

/** How often this process must say WATCHDOG=1, in milliseconds; `undefined`: it need not. */
export function watchdogMs(environment: NodeJS.ProcessEnv = process.env): number | undefined {
  const { WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid } = environment;
  if (microseconds === undefined || (pid !== undefined && Number(pid) !== process.pid)) return undefined;
  const ms = Number(microseconds) / 1_000;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
