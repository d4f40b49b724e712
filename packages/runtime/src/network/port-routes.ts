import { findRoute, isSyscallError, listRoutes, Netlink, type Route } from '@twinpath/linux';
import type { Ip, LiveRoute, LiveRoutes } from '@twinpath/vnf';
import type { NetworkOptions } from './live-network.ts';
import { hear } from './watch.ts';

/** Linux' routes, where a function's first port is. */
export class PortRoutes implements LiveRoutes<string>, Disposable {
  readonly #options: NetworkOptions;
  readonly #stack = new DisposableStack();
  #netlink: Netlink | undefined;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  find(address: Ip): LiveRoute<string> | undefined {
    try {
      return this.#hops(findRoute(this.#open(), address))[0];
    } catch (error) {
      if (isSyscallError(error, 'ENETUNREACH', 'EHOSTUNREACH', 'EINVAL', 'EACCES')) return undefined;
      throw error;
    }
  }

  [Symbol.iterator](): Iterator<LiveRoute<string>> {
    return listRoutes(this.#open())
      .flatMap((route) => this.#hops(route))
      .values();
  }

  onChange(handler: () => void): void {
    const { watch, failed } = this.#options;
    const namespace = this.#options.namespace();
    const told = () => {
      try {
        handler();
      } catch (error) {
        failed(error);
      }
    };
    // Whatever has changed, also when nobody knows what: they are read when they are asked for.
    this.#stack.use(hear({ of: ['route'], namespace, watch }, told));
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
    this.#netlink?.[Symbol.dispose]();
  }

  #open(): Netlink {
    this.#netlink ??= new Netlink(this.#options.namespace());
    return this.#netlink;
  }

  #hops({ destination, metric, type, nextHops }: Route): readonly LiveRoute<string>[] {
    if (type !== 'unicast') return [];
    const namespace = this.#options.namespace();
    return nextHops.map(({ ifindex, gateway }) => {
      const port = this.#options.ports().find((one) => one.ifindex === ifindex && one.namespace === namespace)?.name;
      return { to: destination, port, gateway, metric };
    });
  }
}
