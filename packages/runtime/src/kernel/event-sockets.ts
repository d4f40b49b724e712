import { SOCKET_QUEUES, socketIndex } from '@twinpath/compiler/abi';
import { type BpfMap, setSocket } from '@twinpath/ebpf';
import { type Fd, getLink, isSyscallError, Netlink } from '@twinpath/linux';
import type { EventHandler } from '../data-plane.ts';
import type { InstancePort } from '../instance-plane.ts';
import { EventSocket } from './event-socket.ts';

export interface EventSocketsOptions {
  /** `undefined`: nothing comes by sockets. */
  readonly map: () => BpfMap | undefined;
  readonly watch: (fd: Fd, onEvent: () => void) => Disposable;
  readonly handler: EventHandler;
  readonly drained: () => void;
}

interface Opened extends Disposable {
  readonly ifindex: number;
  readonly sockets: ReadonlyMap<number, EventSocket>;
}

/** AF_XDP sockets on every queue of the ports where XDP is. A queue that has none, because another socket has it or because the
 *  interface is down, is no error: its records come by the ring. */
export class EventSockets implements Disposable {
  readonly #options: EventSocketsOptions;
  /** By index of the port. */
  readonly #opened = new Map<number, Opened>();
  #map: BpfMap | undefined;
  /** By sockets that are gone. */
  #lost = 0;

  constructor(options: EventSocketsOptions) {
    this.#options = options;
  }

  /** Records that found no room. */
  get lost(): number {
    return [...this.#opened.values()].reduce((sum, { sockets }) => sum + lostBy(sockets), this.#lost);
  }

  /** Opens what is missing, and lets go of what is no port any more. `isUp`: sockets can be had. */
  refresh(ports: readonly InstancePort[], isUp: (port: InstancePort) => boolean): void {
    const map = this.#options.map();
    if (map === undefined) {
      this[Symbol.dispose]();
      return;
    }
    const isSame = map === this.#map;
    this.#map = map;
    for (const [index, opened] of this.#opened) {
      const port = ports[index];
      if (port?.ifindex !== opened.ifindex || port.hook !== 'xdp' || !isUp(port)) this.#close(index);
      else if (!isSame) fill(map, index, opened);
    }
    for (const [index, port] of ports.entries()) {
      if (port.hook !== 'xdp' || port.ifindex === 0 || this.#opened.has(index) || !isUp(port)) continue;
      const opened = this.#open(port);
      this.#opened.set(index, opened);
      fill(map, index, opened);
    }
  }

  [Symbol.dispose](): void {
    for (const index of [...this.#opened.keys()]) this.#close(index);
  }

  #open({ ifindex, namespace }: InstancePort): Opened {
    const { watch, handler, drained } = this.#options;
    using owned = new DisposableStack();
    using netlink = new Netlink(namespace);
    const { rxQueues } = getLink(netlink, ifindex);
    const sockets = new Map<number, EventSocket>();
    for (let queue = 0; queue < Math.min(rxQueues, SOCKET_QUEUES); queue++) {
      const socket = openIfFree(ifindex, queue, namespace);
      if (socket === undefined) continue;
      owned.use(socket);
      const receive = () => {
        if (socket.drain(handler) > 0) drained();
      };
      owned.use(watch(socket.fd, receive));
      sockets.set(queue, socket);
    }
    const all = owned.move();
    return { ifindex, sockets, [Symbol.dispose]: () => all.dispose() };
  }

  /** The kernel takes a closed socket out of the map. */
  #close(index: number): void {
    const opened = this.#opened.get(index);
    if (opened === undefined) return;
    this.#lost += lostBy(opened.sockets);
    opened[Symbol.dispose]();
    this.#opened.delete(index);
  }
}

const lostBy = (sockets: Opened['sockets']) => [...sockets.values()].reduce((sum, { lost }) => sum + lost, 0);

function fill(map: BpfMap, port: number, { sockets }: Opened): void {
  for (const [queue, socket] of sockets) setSocket(map, socketIndex(port, queue), socket.fd);
}

/** EINVAL: a queue that is not in use. ENETDOWN, ENODEV: the interface changes at this moment, and it is told soon. */
function openIfFree(ifindex: number, queue: number, namespace: string | undefined): EventSocket | undefined {
  try {
    return new EventSocket(ifindex, queue, namespace);
  } catch (error) {
    if (['EBUSY', 'EINVAL', 'ENETDOWN', 'ENODEV', 'EOPNOTSUPP'].some((code) => isSyscallError(error, code)))
      return undefined;
    throw error;
  }
}
