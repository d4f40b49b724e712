import { assembleProgram, attachXdp, BpfMap, BpfProgram, setSocket, type XdpLink, type XdpMode } from '@twinpath/ebpf';
import {
  getLink,
  inNamespace,
  type NamespaceRef,
  Netlink,
  pageSize,
  type XdpRingKind,
  XdpSocket,
  type XdpSocketOptions,
  type XdpStatistics,
  xdpRingBytes,
  xdpRingKinds,
} from '@twinpath/linux';
import type { Engine } from '../../engine.ts';
import { portCounters } from '../counters.ts';
import { createCounters } from '../create-port.ts';
import type { FramePoolImage } from '../frame-pool.ts';
import type { PortImage } from '../port-image.ts';

const DEFAULT_RING = 2048;
/** The kernel's TX_BATCH_SIZE. */
const LEAST_SEND_BUDGET = 32;

export interface XdpInterfaceOptions {
  readonly link: string;
  /** Default: this thread's. */
  readonly namespace?: NamespaceRef;
  /** For each queue from 0 on, who receives from it; as many as are to be opened. */
  readonly queues: readonly XdpQueue[];
  /** What programs know it by; default: its ifindex. */
  readonly number?: number;
  /** Entries of each ring, a power of two; default 2048. */
  readonly ringSize?: number;
  /** Where the kernel's part runs; default 'auto'. */
  readonly attach?: XdpMode | 'auto';
  /** Default 'auto': without copies if the driver can. */
  readonly copy?: 'auto' | 'copy' | 'zero-copy';
}

export interface XdpQueue {
  /** Of the worker that receives. */
  readonly pool: FramePoolImage;
  /** 1 to 254, its own among the ports of the pool. */
  readonly slot: number;
}

/** Packet memory is registered once; whoever comes later shares it with a socket that has it. */
const sockets = new Map<FramePoolImage, Set<XdpSocket>>();

/**
 * An interface whose packets come to the engine (AF_XDP, since 5.10): a socket for each queue, and the XDP program that
 * hands each packet to the socket of its queue. Packets of queues without one go to the host's stack. Made on the thread that
 * made the engine; the ports are for the threads that have the pools. Frames from a veth's other end need finished checksums
 * (setOffload(peer, 'tx-checksum', false)).
 */
export class XdpInterface implements Disposable {
  /** One for each queue, in order. */
  readonly ports: readonly PortImage[];
  readonly ifindex: number;
  readonly #engine: Engine;
  readonly #queues: readonly XdpQueue[];
  readonly #sockets: XdpSocket[] = [];
  readonly #rooms: number[] = [];
  readonly #resources: Disposable[] = [];

  /** @throws SyscallError, EngineError */
  constructor(engine: Engine, options: XdpInterfaceOptions) {
    this.#engine = engine;
    this.#queues = options.queues;
    const { link, namespace } = options;
    using netlink = new Netlink(namespace);
    this.ifindex = getLink(netlink, link).ifindex;
    try {
      this.ports = this.#queues.map((queue, number) => this.#openQueue(options, queue, number));
      const attach = () => this.#attach(options.attach ?? 'auto');
      this.#resources.push(namespace === undefined ? attach() : inNamespace(namespace, attach));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Packets go from the driver to the engine without a copy. */
  get zeroCopy(): boolean {
    return this.#sockets.every((socket) => socket.zeroCopy);
  }

  statistics(): readonly XdpStatistics[] {
    return this.#sockets.map((socket) => socket.statistics());
  }

  /** Nothing comes any more, and the rings are gone: no thread may work on the ports. Their pools have frames to reclaim. */
  [Symbol.dispose](): void {
    for (const resource of this.#resources.splice(0).reverse()) resource[Symbol.dispose]();
    for (const [index, socket] of this.#sockets.splice(0).entries()) {
      const pool = this.#queues[index]?.pool;
      if (pool !== undefined) sockets.get(pool)?.delete(socket);
      socket[Symbol.dispose]();
    }
    for (const room of this.#rooms.splice(0)) this.#engine.free(room);
  }

  #openQueue(options: XdpInterfaceOptions, { pool, slot }: XdpQueue, queue: number): PortImage {
    const { link, namespace, ringSize = DEFAULT_RING, copy = 'auto', number = this.ifindex } = options;
    const sharing = sockets.get(pool) ?? new Set();
    const [sharedWith] = sharing;
    const { start: offset, frames, frameBytes } = pool;
    const socket = new XdpSocket({
      link,
      queue,
      mode: copy,
      umem: { buffer: this.#engine.memory.memory.buffer, offset, length: frames * frameBytes, frameBytes },
      rings: this.#placeRings(link, ringSize),
      ...(namespace !== undefined && { namespace }),
      ...(sharedWith !== undefined && { sharedWith }),
      // A burst goes with one system call.
      ...(ringSize >= LEAST_SEND_BUDGET && { sendBudget: ringSize }),
    });
    this.#sockets.push(socket);
    sockets.set(pool, sharing.add(socket));
    const counters = createCounters(this.#engine, portCounters);
    this.#rooms.push(counters);
    const device = { kind: 'xdp', fd: socket.fd.number } as const;
    return { number, name: `${link} queue ${queue}`, queue, slot, rings: socket.rings, counters, device };
  }

  #placeRings(link: string, size: number): XdpSocketOptions['rings'] {
    const page = pageSize();
    const place = (kind: XdpRingKind) => {
      const at = this.#engine.allocate(xdpRingBytes(size, page), `the ${kind} ring of ${link}`, page);
      this.#rooms.push(at);
      return { at, size };
    };
    const [rx, tx, fill, completion] = xdpRingKinds.map(place);
    if (!rx || !tx || !fill || !completion) throw new Error('an AF_XDP socket has four rings');
    return { rx, tx, fill, completion };
  }

  #attach(mode: XdpMode | 'auto'): XdpLink {
    const maxEntries = this.#sockets.length;
    const map = BpfMap.create({ name: 'sockets', type: 'xskmap', keySize: 4, valueSize: 4, maxEntries });
    this.#resources.push(map);
    for (const [queue, socket] of this.#sockets.entries()) setSocket(map, queue, socket.fd);
    const program = BpfProgram.load(toSockets, { maps: { sockets: map } });
    this.#resources.push(program);
    return attachXdp({ program, ifindex: this.ifindex, mode });
  }
}

/** What the kernel runs: the frame goes to the socket of its queue (xdp_md.rx_queue_index), or else to the stack (XDP_PASS). */
export const toSockets = assembleProgram(
  'to_sockets',
  'xdp',
  `r2 = *(u32 *)(r1 +16)
   r1 = map[sockets]
   r3 = 2
   call bpf_redirect_map
   exit`,
);
