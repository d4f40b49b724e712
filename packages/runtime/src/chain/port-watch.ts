import { type Fd, getLink, isSyscallError, Netlink } from '@twinpath/linux';
import type { Log } from '@twinpath/vnf';
import { ChainError } from './chain-error.ts';
import type { OpenPort } from './open-port.ts';

export interface PortWatchOptions {
  readonly chain: string;
  readonly namespace: Fd;
  /** As they are now. */
  ports(): ReadonlyMap<string, OpenPort>;
  readonly log: Log;
}

const WATCH_MS = 500;

/** Sees when an interface of a chain is removed. */
export class PortWatch implements Disposable {
  /** Comes then. */
  readonly lost: Promise<ChainError>;
  readonly #options: PortWatchOptions;
  readonly #timer: NodeJS.Timeout;

  constructor(options: PortWatchOptions) {
    const { promise, resolve } = Promise.withResolvers<ChainError>();
    this.lost = promise;
    this.#options = options;
    this.#timer = setInterval(() => {
      const gone = [...options.ports()].find(([, port]) => this.#isGone(port));
      if (gone === undefined) return;
      clearInterval(this.#timer);
      resolve(this.#told(gone));
    }, WATCH_MS);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #told([name, { spec }]: readonly [string, OpenPort]): ChainError {
    const { chain, log } = this.#options;
    const which = name === spec.interface ? name : `${spec.interface} of port ${name}`;
    const hint = 'start the chain again when the interface is back';
    const error = new ChainError('TP_INTERFACE_GONE', chain, `interface ${which} was removed`, { hint });
    log.error(error.message);
    return error;
  }

  #isGone({ ifindex }: OpenPort): boolean {
    using netlink = new Netlink(this.#options.namespace);
    try {
      getLink(netlink, ifindex);
      return false;
    } catch (error) {
      if (!isSyscallError(error, 'ENODEV')) throw error;
      return true;
    }
  }
}
