import { randomInt } from 'node:crypto';
import { Netlink, type NetworkEvent, routesByDestination } from '@twinpath/linux';
import type { InstancePort } from '../instance-plane.ts';
import { hear, type Watch } from './watch.ts';

/** What fast paths may remember of the kernel's routes (compiler/abi/hops.ts); generation 0: nothing. */
export interface Remembered {
  readonly generation: number;
  readonly byDestination: boolean;
}

export interface HopWatchOptions {
  /** Of the function, at the moment. */
  ports(): readonly InstancePort[];
  readonly watch: Watch;
  changed(): void;
}

const KINDS = ['link', 'address', 'neighbour', 'route', 'rule'] as const;
const NOTHING: Remembered = { generation: 0, byDestination: false };
const LAST = 2 ** 31 - 1;

/** Listens to what the kernel tells of the network in which a function's ports are, so that its fast paths forget what was true before. */
export class HopWatch implements Disposable {
  readonly #options: HopWatchOptions;
  #hearing: { readonly namespace: string | undefined; readonly stack: Disposable } | undefined;
  // An instance before this one may have left answers in the maps.
  #generation = randomInt(1, LAST);
  #byDestination = false;

  constructor(options: HopWatchOptions) {
    this.#options = options;
    this.placed();
  }

  get remembered(): Remembered {
    return this.#hearing === undefined ? NOTHING : { generation: this.#generation, byDestination: this.#byDestination };
  }

  /** The function's ports may be others than before. Interfaces of two namespaces may have one number: nothing is remembered then. */
  placed(): void {
    const ports = this.#options.ports().filter(({ ifindex }) => ifindex !== 0);
    const [first] = ports;
    const isOne = first !== undefined && ports.every(({ namespace }) => namespace === first.namespace);
    if (isOne && this.#hearing?.namespace === first.namespace && this.#hearing !== undefined) return;
    this[Symbol.dispose]();
    if (isOne) this.#listen(first.namespace);
    this.#next();
  }

  [Symbol.dispose](): void {
    this.#hearing?.stack[Symbol.dispose]();
    this.#hearing = undefined;
  }

  #listen(namespace: string | undefined): void {
    using stack = new DisposableStack();
    const netlink = stack.use(new Netlink(namespace));
    const { watch } = this.#options;
    stack.use(hear({ of: KINDS, namespace, watch }, (event) => this.#hear(event, netlink)));
    this.#byDestination = routesByDestination(netlink);
    this.#hearing = { namespace, stack: stack.move() };
  }

  #hear(event: NetworkEvent, netlink: Netlink): void {
    // Routes may be many: they are read again only where rules have changed, or nobody knows what.
    if (event.kind === 'rule' || event.kind === 'overrun') this.#byDestination = routesByDestination(netlink);
    else if (event.kind === 'route' && !event.route.byDestination) this.#byDestination = false;
    this.#next();
  }

  #next(): void {
    this.#generation = (this.#generation % LAST) + 1;
    this.#options.changed();
  }
}
