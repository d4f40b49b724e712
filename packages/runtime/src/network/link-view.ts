import { getLink, isSyscallError, listAddresses, Netlink, type NetworkEvent } from '@twinpath/linux';
import type { PortState } from '../data-plane.ts';
import { hear, type Watch } from './watch.ts';

/** Interfaces of one namespace with their addresses, as they are: read once, and again when the kernel tells of a change. */
export class LinkView implements Disposable {
  readonly #netlink: Netlink;
  readonly #hearing: Disposable;
  readonly #changed: () => void;
  readonly #known = new Map<number, PortState | undefined>();
  readonly #indexes = new Map<string, number>();

  /** `changed`: of an interface that was asked for. */
  constructor(namespace: string | undefined, watch: Watch, changed: () => void) {
    this.#changed = changed;
    this.#netlink = new Netlink(namespace);
    this.#hearing = hear({ of: ['link', 'address'], namespace, watch }, (event) => this.#hear(event));
  }

  /** `undefined`: there is no such interface (any more). */
  state(ifindex: number): PortState | undefined {
    if (this.#known.has(ifindex)) return this.#known.get(ifindex);
    const state = this.#read(ifindex);
    this.#known.set(ifindex, state);
    return state;
  }

  /** 0: there is no such interface. */
  index(name: string): number {
    const index = this.#indexes.get(name) ?? this.#find(name);
    this.#indexes.set(name, index);
    return index;
  }

  [Symbol.dispose](): void {
    this.#hearing[Symbol.dispose]();
    this.#netlink[Symbol.dispose]();
  }

  #hear(event: NetworkEvent): void {
    if (event.kind === 'overrun') {
      this.#known.clear();
      this.#indexes.clear();
    } else if (event.kind === 'link') {
      // Of another name, or another interface of the name.
      const mayBeNamed = this.#indexes.size > 0;
      this.#indexes.clear();
      if (!this.#known.delete(event.link.ifindex) && !mayBeNamed) return;
    } else if (event.kind === 'address' && !this.#known.delete(event.address.ifindex)) return;
    this.#changed();
  }

  #find(name: string): number {
    try {
      return getLink(this.#netlink, name).ifindex;
    } catch (error) {
      if (!isSyscallError(error, 'ENODEV', 'ERANGE', 'EINVAL')) throw error;
      return 0;
    }
  }

  #read(ifindex: number): PortState | undefined {
    try {
      const { mac, mtu, up, carrier } = getLink(this.#netlink, ifindex);
      const addresses = listAddresses(this.#netlink, ifindex)
        .filter((one) => one.ifindex === ifindex)
        .map(({ address }) => address.slice(0, address.indexOf('/')));
      return { mac, mtu, up: up && carrier, addresses };
    } catch (error) {
      if (!isSyscallError(error, 'ENODEV')) throw error;
      return undefined;
    }
  }
}
