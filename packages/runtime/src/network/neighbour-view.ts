import { listNeighbours, type Neighbour, Netlink, type NetworkEvent, useNeighbour } from '@twinpath/linux';
import { hear, type Watch } from './watch.ts';

/** Of one namespace. `gone`: as it was last. */
export type NeighbourChange = (neighbour: Neighbour, gone: boolean) => void;

const keyOf = (ifindex: number, address: string) => `${ifindex} ${address}`;

/** The kernel's neighbours of one namespace, as they are. */
export class NeighbourView implements Disposable {
  readonly #netlink: Netlink;
  readonly #hearing: Disposable;
  readonly #changed: NeighbourChange;
  #known = new Map<string, Neighbour>();

  constructor(namespace: string | undefined, watch: Watch, changed: NeighbourChange) {
    this.#changed = changed;
    this.#netlink = new Netlink(namespace);
    this.#hearing = hear({ of: ['neighbour'], namespace, watch }, (event) => this.#hear(event));
    this.#readAll();
  }

  get(ifindex: number, address: string): Neighbour | undefined {
    return this.#known.get(keyOf(ifindex, address));
  }

  [Symbol.iterator](): Iterator<Neighbour> {
    return this.#known.values();
  }

  /** Has the kernel ask for it, or make sure of it. @throws SyscallError */
  use(ifindex: number, address: string): void {
    useNeighbour(this.#netlink, ifindex, address);
    // The kernel does not tell that it waits for a sign of life: without this it would be told to do so again and again.
    const known = this.get(ifindex, address);
    if (known?.state === 'stale') this.#known.set(keyOf(ifindex, address), { ...known, state: 'delay' });
  }

  [Symbol.dispose](): void {
    this.#hearing[Symbol.dispose]();
    this.#netlink[Symbol.dispose]();
  }

  #hear(event: NetworkEvent): void {
    if (event.kind === 'overrun') this.#readAll();
    else if (event.kind === 'neighbour') this.#set(event.neighbour, event.gone);
  }

  #set(neighbour: Neighbour, gone: boolean): void {
    const key = keyOf(neighbour.ifindex, neighbour.address);
    if (gone) this.#known.delete(key);
    else this.#known.set(key, neighbour);
    this.#changed(neighbour, gone);
  }

  #readAll(): void {
    const before = this.#known;
    this.#known = new Map();
    for (const neighbour of listNeighbours(this.#netlink)) this.#set(neighbour, false);
    for (const [key, neighbour] of before) if (!this.#known.has(key)) this.#changed(neighbour, true);
  }
}
