import { Errno, errnoName } from './errno.ts';
import type { Fd } from './fd.ts';
import { sys } from './ffi.ts';
import { pageSize } from './mapped-memory.ts';
import { inNamespace, type NamespaceRef } from './namespace/enter.ts';
import { NativeBuffer } from './native-buffer.ts';
import { Socket } from './socket.ts';
import { check, isSyscallError, SyscallError } from './syscall-error.ts';
import {
  mapRing,
  readRingOffsets,
  SOL_XDP,
  sizeRing,
  unmapRing,
  type XdpRing,
  type XdpRingKind,
  xdpRingBytes,
  xdpRingKinds,
} from './xdp-ring.ts';

const AF_XDP = 44;
const SOCK_RAW = 3;
const XDP_UMEM_REG = 4;
const XDP_STATISTICS = 7;
const XDP_OPTIONS = 8;
const XDP_OPTIONS_ZEROCOPY = 1;
const XDP_MAX_TX_SKB_BUDGET = 9;
const bindFlags = { shared: 1, copy: 2, zeroCopy: 4, needWakeup: 8 } as const;

export interface XdpSocketOptions {
  /** The interface's name or ifindex. */
  readonly link: string | number;
  /** Its receive and transmit queue; default 0. */
  readonly queue?: number;
  /** Default: this thread's. */
  readonly namespace?: NamespaceRef;
  /** The packet memory: a range of a buffer that begins on a page of the machine. */
  readonly umem: Umem;
  /** Where the rings come to lie: for each, an offset in the same buffer, on a page, with room for xdpRingBytes(size). */
  readonly rings: Readonly<Record<XdpRingKind, { readonly at: number; readonly size: number }>>;
  /** A bound socket over the same packet memory: it is registered once, and frames can go from one to the other. Since 5.10
   *  on any interface and queue. */
  readonly sharedWith?: XdpSocket;
  /** 'auto': without copies if the driver can. */
  readonly mode?: 'auto' | 'copy' | 'zero-copy';
  /** In copy mode, packets that one system call sends at most: 32 (the default, and the least) to the size of the ring. Kernels
   *  before 6.18 stay with 32. */
  readonly sendBudget?: number;
}

export interface Umem {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  readonly offset: number;
  readonly length: number;
  /** Bytes of a frame: 2048 or 4096 (a power of two up to the page size). */
  readonly frameBytes: number;
  /** Room in front of each packet besides the kernel's 256 bytes. */
  readonly headroom?: number;
}

/** Packets since the socket was bound. */
export interface XdpStatistics {
  /** Other reasons, such as a packet longer than a frame. */
  readonly rxDropped: number;
  readonly rxInvalidDescriptors: number;
  readonly txInvalidDescriptors: number;
  readonly rxRingFull: number;
  readonly fillRingEmpty: number;
  readonly txRingEmpty: number;
}

/**
 * A queue of an interface in user space (AF_XDP, since 5.4). Frames and all four rings lie in the buffer given. It receives
 * what an XDP program redirects to it through an xskmap. Dispose puts ordinary memory where the rings were.
 */
export class XdpSocket implements Disposable {
  readonly rings: Readonly<Record<XdpRingKind, XdpRing>>;
  readonly ifindex: number;
  readonly queue: number;
  /** The driver works on the packet memory itself. */
  readonly zeroCopy: boolean;
  readonly #socket: Socket;
  readonly #subject: string;
  /** Keeps the memory alive: the kernel has its addresses. */
  readonly #memory: NativeBuffer;
  readonly #mapped: { readonly at: number; readonly bytes: number }[] = [];

  /** @throws SyscallError (EBUSY: another socket has the queue, EINVAL, ENOBUFS: see raiseMemlockLimit, EOPNOTSUPP). */
  constructor(options: XdpSocketOptions) {
    const { link, queue = 0, namespace, umem, sendBudget } = options;
    this.queue = queue;
    this.#subject = `AF_XDP socket on interface ${link}, queue ${queue}`;
    this.#memory = new NativeBuffer(new Uint8Array(umem.buffer));
    const open = () => ({
      socket: new Socket(AF_XDP, SOCK_RAW, 0, this.#subject),
      ifindex: typeof link === 'number' ? link : check('if_nametoindex', sys.ifNameToIndex(link)),
    });
    const { socket, ifindex } = namespace === undefined ? open() : inNamespace(namespace, open);
    this.#socket = socket;
    this.ifindex = ifindex;
    try {
      if (ifindex === 0) throw new SyscallError('if_nametoindex', Errno.ENODEV, { subject: this.#subject });
      if (options.sharedWith === undefined) this.#register(umem);
      this.rings = this.#makeRings(options.rings);
      // The kernel compares it with the ring.
      if (sendBudget !== undefined) this.#setSendBudget(sendBudget);
      this.#bind(options);
      this.zeroCopy = (this.#get(XDP_OPTIONS, new NativeBuffer(4)).getU32(0) & XDP_OPTIONS_ZEROCOPY) !== 0;
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** For setSocket, poll and the waking of the kernel. */
  get fd(): Fd {
    return this.#socket.fd;
  }

  statistics(): XdpStatistics {
    // struct xdp_statistics: six u64.
    const found = this.#get(XDP_STATISTICS, new NativeBuffer(48));
    const word = (index: number) => Number(found.getU64(8 * index));
    return {
      rxDropped: word(0),
      rxInvalidDescriptors: word(1),
      txInvalidDescriptors: word(2),
      rxRingFull: word(3),
      fillRingEmpty: word(4),
      txRingEmpty: word(5),
    };
  }

  /** The thread that works on the rings must have stopped. */
  [Symbol.dispose](): void {
    for (const { at, bytes } of this.#mapped.splice(0)) {
      unmapRing(this.#memory.address + at, bytes, this.#subject);
    }
    this.#socket[Symbol.dispose]();
  }

  /** struct xdp_umem_reg { u64 address, length; u32 frame size, headroom, flags } */
  #register({ offset, length, frameBytes, headroom = 0 }: Umem): void {
    const request = new NativeBuffer(32).setU64(0, this.#memory.address + offset).setU64(8, length);
    request.setU32(16, frameBytes).setU32(20, headroom);
    this.#socket.setOption(SOL_XDP, XDP_UMEM_REG, request.bytes);
  }

  #setSendBudget(packets: number): void {
    try {
      this.#socket.setOption(SOL_XDP, XDP_MAX_TX_SKB_BUDGET, packets);
    } catch (error) {
      if (!isSyscallError(error, 'ENOPROTOOPT')) throw error;
    }
  }

  #makeRings(places: XdpSocketOptions['rings']): Record<XdpRingKind, XdpRing> {
    const set = this.#socket.setOption.bind(this.#socket);
    for (const kind of xdpRingKinds) sizeRing(kind, set, places[kind].size);
    const offsets = readRingOffsets((_, option, value) => this.#get(option, value));
    const page = pageSize();
    const make = (kind: XdpRingKind) => {
      const { at, size } = places[kind];
      const bytes = xdpRingBytes(size, page);
      const ring = mapRing(this.fd, offsets, { kind, size, base: this.#memory.address, at, bytes }, this.#subject);
      this.#mapped.push({ at, bytes });
      return ring;
    };
    return { rx: make('rx'), tx: make('tx'), fill: make('fill'), completion: make('completion') };
  }

  #bind({ mode = 'auto', sharedWith }: XdpSocketOptions): void {
    const own = mode === 'copy' ? bindFlags.copy : mode === 'zero-copy' ? bindFlags.zeroCopy : 0;
    // Who shares takes over mode and need-wakeup, too.
    const flags = sharedWith === undefined ? own | bindFlags.needWakeup : bindFlags.shared;
    // struct sockaddr_xdp: u16 family, u16 flags, u32 ifindex, u32 queue, u32 descriptor of the socket shared with.
    const address = new NativeBuffer(16).setU16(0, AF_XDP).setU16(2, flags).setU32(4, this.ifindex);
    address.setU32(8, this.queue).setU32(12, sharedWith?.fd.number ?? 0);
    const result = this.#bindOnceFree(address);
    check('bind', result, { subject: this.#subject, hint: hints[errnoName(-result)] });
  }

  /** The kernel lets go of a closed socket's queue a little later (it frees the buffers in a work queue). */
  #bindOnceFree({ bytes }: NativeBuffer): number {
    const deadline = performance.now() + RELEASE_MS;
    for (;;) {
      const result = sys.bind(this.fd.number, bytes, bytes.length);
      if (result !== -Errno.EBUSY || performance.now() > deadline) return result;
      Atomics.wait(never, 0, 0, 1);
    }
  }

  #get(option: number, value: NativeBuffer): NativeBuffer {
    const length = new NativeBuffer(4).setU32(0, value.size);
    const result = sys.getsockopt(this.fd.number, SOL_XDP, option, value.bytes, length.bytes);
    check(`getsockopt(SOL_XDP, ${option})`, result, { subject: this.#subject });
    return value;
  }
}

/** On a machine with much to do, work queues wait, too. */
const RELEASE_MS = 2000;
/** To sleep on. */
const never = new Int32Array(new SharedArrayBuffer(4));

const hints: Partial<Record<string, string>> = {
  EBUSY: 'another socket has this queue: each has at most one',
  EINVAL: 'the queue must exist, and no other socket over this packet memory have it',
  EOPNOTSUPP: "the driver cannot do without copies: use mode 'copy'",
  ENETDOWN: 'set the interface up first',
};
