// What a machine's kernel knows of the interfaces of an engine: their state, and routes and neighbours as a copy for
// bpf_fib_lookup.

import type { Network } from '@twinpath/engine/workers';
import { type Fd, listNeighbours, listRoutes, type Neighbour, Netlink, pollFd, type Route } from '@twinpath/linux';
import { ipToBytes, macToBytes, parsePrefix } from '@twinpath/packet';
import type { PortState } from '../data-plane.ts';
import { LinkView } from '../network/link-view.ts';
import { hear } from '../network/watch.ts';
import type { Surroundings } from './worker-host.ts';

export interface LiveSurroundingsOptions {
  /** By number of the interface: the name of its namespace. */
  namespaces(): ReadonlyMap<number, string | undefined>;
  /** Routes or neighbours have changed. */
  networkChanged(): void;
}

/** Changes that come together are told once. */
const SETTLE_MS = 20;
/** RT_TABLE_LOCAL: what is for the host itself. */
const LOCAL_TABLE = 255;
const KINDS = ['unicast', 'blackhole', 'unreachable', 'prohibit', 'local'] as const;

export class LiveSurroundings implements Surroundings, Disposable {
  readonly #options: LiveSurroundingsOptions;
  readonly #views = new Map<string | undefined, LinkView>();
  readonly #listeners = new Set<() => void>();
  readonly #owned = new DisposableStack();
  readonly #namespace: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveSurroundingsOptions) {
    this.#options = options;
    [this.#namespace] = options.namespaces().values();
    const of = ['route', 'neighbour'] as const;
    this.#owned.use(hear({ of, namespace: this.#namespace, watch }, () => this.#changed()));
    this.#owned.defer(() => clearTimeout(this.#timer));
  }

  state(ifindex: number): PortState | undefined {
    const namespaces = this.#options.namespaces();
    return namespaces.has(ifindex) ? this.#view(namespaces.get(ifindex)).state(ifindex) : undefined;
  }

  interfaceIndex(name: string): number {
    return this.#view(this.#namespace).index(name);
  }

  onPortChange(changed: () => void): Disposable {
    this.#listeners.add(changed);
    return { [Symbol.dispose]: () => this.#listeners.delete(changed) };
  }

  network(): Network {
    using netlink = new Netlink(this.#namespace);
    const ports = [...this.#options.namespaces().keys()].flatMap((ifindex) => {
      const state = this.state(ifindex);
      return state === undefined || state.mac === '' ? [] : { ifindex, mac: macToBytes(state.mac), mtu: state.mtu };
    });
    // Later ones take the place of earlier ones: the lowest metric wins, and the host itself before all.
    const byMetric = listRoutes(netlink).toSorted((a, b) => b.metric - a.metric);
    const routes = [...byMetric, ...listRoutes(netlink, LOCAL_TABLE)].flatMap(routeOf);
    return { ports, routes, neighbours: listNeighbours(netlink).flatMap(neighbourOf) };
  }

  [Symbol.dispose](): void {
    this.#owned.dispose();
  }

  #view(namespace: string | undefined): LinkView {
    const known = this.#views.get(namespace);
    if (known !== undefined) return known;
    const changed = () => {
      for (const listener of this.#listeners) listener();
    };
    const view = this.#owned.use(new LinkView(namespace, watch, changed));
    this.#views.set(namespace, view);
    return view;
  }

  #changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#options.networkChanged();
    }, SETTLE_MS);
    this.#timer.unref();
  }
}

const watch = (fd: Fd, onEvent: () => void): Disposable => {
  const poll = pollFd(fd, onEvent);
  poll.unref();
  return poll;
};

function routeOf({ destination, type, nextHops }: Route): Network['routes'] {
  // What is for all of a network is the host's, too.
  const kind = KINDS.find((one) => one === type) ?? 'local';
  const { address: prefix, length } = parsePrefix(destination);
  const [{ ifindex, gateway } = { ifindex: 0, gateway: undefined }] = nextHops;
  return [{ prefix, length, ifindex, kind, ...(gateway !== undefined && { gateway: ipToBytes(gateway) }) }];
}

function neighbourOf({ ifindex, address, mac, state }: Neighbour): Network['neighbours'] {
  if (mac === undefined || state === 'failed' || state === 'incomplete') return [];
  return [{ ifindex, address: ipToBytes(address), mac: macToBytes(mac) }];
}
