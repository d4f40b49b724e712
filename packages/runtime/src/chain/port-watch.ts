import { type Fd, getLink, isSyscallError, type Link, Netlink } from '@twinpath/linux';
import type { Log } from '@twinpath/vnf';
import { ChainError } from './chain-error.ts';
import type { OpenPort } from './open-port.ts';

/** `within`: the namespace, if it is open. */
type WatchedPort = OpenPort & { readonly within?: Fd };

export interface PortWatchOptions {
  readonly chain: string;
  /** As they are now. */
  ports(): ReadonlyMap<string, WatchedPort>;
  /** The interface of a port that waits for it is there again. Rejected: it is tried again. Missing: nothing waits. */
  returned?(port: string): Promise<void>;
  readonly log: Log;
}

const WATCH_MS = 500;

/** Sees when an interface of a chain is removed, and when one that is waited for comes back. */
export class PortWatch implements Disposable {
  /** Comes when one is removed that the chain does not wait for. */
  readonly lost: Promise<ChainError>;
  readonly #options: PortWatchOptions;
  readonly #timer: NodeJS.Timeout;
  /** Names of ports that wait, each with what was said last. */
  readonly #waiting = new Map<string, string>();

  constructor(options: PortWatchOptions) {
    const { promise, resolve } = Promise.withResolvers<ChainError>();
    this.lost = promise;
    this.#options = options;
    let isBusy = false;
    this.#timer = setInterval(() => {
      if (isBusy) return;
      isBusy = true;
      this.#look(resolve).finally(() => {
        isBusy = false;
      });
    }, WATCH_MS);
  }

  /** Whether the port's interface is gone, and waited for. */
  isWaiting(port: string): boolean {
    return this.#waiting.has(port);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(lose: (error: ChainError) => void): Promise<void> {
    for (const [name, port] of this.#options.ports()) {
      if (this.#find(port, port.ifindex) !== undefined) continue;
      const { returned } = this.#options;
      if (port.spec.whenGone === 'wait' && returned !== undefined) await this.#wait(name, port, returned);
      else {
        clearInterval(this.#timer);
        lose(this.#told(name, port));
        return;
      }
    }
  }

  async #wait(name: string, port: WatchedPort, returned: (port: string) => Promise<void>): Promise<void> {
    const { log } = this.#options;
    const { spec } = port;
    if (!this.#waiting.has(name)) {
      this.#waiting.set(name, '');
      log.warn(`interface ${whichOf(name, spec.interface)} was removed: the chain waits for it`);
    }
    if (this.#find(port, spec.interface) === undefined) return;
    try {
      await returned(name);
      this.#waiting.delete(name);
      log.info(`interface ${whichOf(name, spec.interface)} is back`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (this.#waiting.get(name) !== why) log.error(`interface ${spec.interface} is back, and cannot be used: ${why}`);
      this.#waiting.set(name, why);
    }
  }

  #told(name: string, { spec }: WatchedPort): ChainError {
    const { chain, log } = this.#options;
    const hint = 'start the chain again when the interface is back; `whenGone: wait` would wait for it';
    const why = `interface ${whichOf(name, spec.interface)} was removed`;
    const error = new ChainError('TP_INTERFACE_GONE', chain, why, { hint });
    log.error(error.message);
    return error;
  }

  #find({ within, spec }: WatchedPort, link: number | string): Link | undefined {
    using netlink = new Netlink(within ?? spec.namespace);
    try {
      return getLink(netlink, link);
    } catch (error) {
      if (!isSyscallError(error, 'ENODEV')) throw error;
      return undefined;
    }
  }
}

const whichOf = (port: string, link: string): string => (port === link ? port : `${link} of port ${port}`);
