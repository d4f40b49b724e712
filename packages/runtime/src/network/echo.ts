import { EchoSocket, isSyscallError } from '@twinpath/linux';
import { type Duration, duration, type Ip, isIp4 } from '@twinpath/vnf';
import type { NetworkOptions } from './live-network.ts';

const NS_PER_MS = 1e6;
/** Sequence numbers have 16 bits. */
const MOST_OPEN = 0x1_0000;
let identifiers = process.pid;

/** Echo requests that wait for their replies. */
export class Echo implements Disposable {
  readonly #options: NetworkOptions;
  readonly #identifier = ++identifiers & 0xffff;
  /** By IP version. */
  readonly #sockets = new Map<4 | 6, EchoSocket>();
  readonly #stack = new DisposableStack();
  readonly #waiting = new Map<number, (answered: boolean) => void>();
  #sequence = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  async ask(address: Ip, { within = '1 s' }: { readonly within?: Duration } = {}): Promise<number | undefined> {
    if (this.#waiting.size >= MOST_OPEN) throw new RangeError(`${MOST_OPEN} echo requests wait for replies already`);
    do this.#sequence = (this.#sequence + 1) % MOST_OPEN;
    while (this.#waiting.has(this.#sequence));
    const sequence = this.#sequence;
    const begun = performance.now();
    if (!this.#send(address, sequence)) return undefined;
    return new Promise((resolve) => {
      const settle = (answer: number | undefined) => {
        clearTimeout(late);
        this.#waiting.delete(sequence);
        resolve(answer);
      };
      const late = setTimeout(() => settle(undefined), duration(within) / NS_PER_MS);
      this.#waiting.set(sequence, (answered) => settle(answered ? (performance.now() - begun) * NS_PER_MS : undefined));
    });
  }

  [Symbol.dispose](): void {
    for (const settle of [...this.#waiting.values()]) settle(false);
    this.#stack.dispose();
  }

  /** `false`: there is no way to it. */
  #send(address: Ip, sequence: number): boolean {
    try {
      this.#socket(isIp4(address) ? 4 : 6).send(address, this.#identifier, sequence);
      return true;
    } catch (error) {
      if (isSyscallError(error, 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN')) return false;
      throw error;
    }
  }

  #socket(version: 4 | 6): EchoSocket {
    const known = this.#sockets.get(version);
    if (known !== undefined) return known;
    const socket = this.#stack.use(new EchoSocket(version, { namespace: this.#options.namespace() }));
    this.#stack.use(this.#options.watch(socket.fd, () => this.#receive(socket)));
    this.#sockets.set(version, socket);
    return socket;
  }

  #receive(socket: EchoSocket): void {
    for (let reply = socket.receive(); reply !== undefined; reply = socket.receive()) {
      if (reply.identifier === this.#identifier) this.#waiting.get(reply.sequence)?.(true);
    }
  }
}
