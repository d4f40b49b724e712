import { SOCKET_FRAME } from '@twinpath/compiler/abi';
import {
  type Fd,
  type NamespaceRef,
  pageAligned,
  pageSize,
  type XdpRingKind,
  XdpSocket,
  xdpRingBytes,
  xdpRingKinds,
} from '@twinpath/linux';
import type { EventHandler } from '../data-plane.ts';

/** Records that wait; the kernel drops further ones. Nothing is sent: those rings are as small as can be. */
const FRAMES = 512;
const SIZES: Readonly<Record<XdpRingKind, number>> = { rx: FRAMES, fill: FRAMES, tx: 2, completion: 2 };
/** Words of struct xdp_desc { u64 address; u32 length, options }, and of an address in the fill ring. */
const DESCRIPTOR = { words: 4, length: 2 } as const;
const ADDRESS_WORDS = 2;

/** Receives the records of one queue of an interface (compiler/abi/sockets.ts). */
export class EventSocket implements Disposable {
  readonly #socket: XdpSocket;
  readonly #words: Int32Array;
  readonly #packets: DataView;

  /** @throws SyscallError: the queue does not exist, is another's, or the interface is down. */
  constructor(link: number, queue: number, namespace: NamespaceRef | undefined) {
    const length = FRAMES * SOCKET_FRAME;
    const page = pageSize();
    const total = xdpRingKinds.reduce((sum, kind) => sum + xdpRingBytes(SIZES[kind], page), length);
    const { buffer, offset } = pageAligned(total);
    let end = offset + length;
    const place = (kind: XdpRingKind) => {
      const at = end;
      end += xdpRingBytes(SIZES[kind], page);
      return { at, size: SIZES[kind] };
    };
    this.#words = new Int32Array(buffer);
    this.#packets = new DataView(buffer, offset, length);
    this.#socket = new XdpSocket({
      link,
      queue,
      // Records are copied out of the packet memory anyway, and every driver can do this.
      mode: 'copy',
      umem: { buffer, offset, length, frameBytes: SOCKET_FRAME },
      rings: { rx: place('rx'), tx: place('tx'), fill: place('fill'), completion: place('completion') },
      ...(namespace !== undefined && { namespace }),
    });
    for (let frame = 0; frame < FRAMES; frame++) this.#release(frame, frame * SOCKET_FRAME);
    Atomics.store(this.#words, this.#socket.rings.fill.producer / 4, FRAMES);
  }

  get fd(): Fd {
    return this.#socket.fd;
  }

  /** Records that found no room; their programs have counted them as gone up. */
  get lost(): number {
    const { rxDropped, rxRingFull } = this.#socket.statistics();
    return rxDropped + rxRingFull;
  }

  /** All that has come; how many. Each record is valid during its call. */
  drain(handler: EventHandler): number {
    const { rx, fill } = this.#socket.rings;
    const words = this.#words;
    let count = 0;
    let consumed = Atomics.load(words, rx.consumer / 4);
    let released = Atomics.load(words, fill.producer / 4);
    for (; consumed !== Atomics.load(words, rx.producer / 4); count++) {
      const at = rx.entries / 4 + DESCRIPTOR.words * (consumed & (rx.size - 1));
      const address = words[at] ?? 0;
      handler(this.#packets, address, words[at + DESCRIPTOR.length] ?? 0);
      this.#release(released, address - (address % SOCKET_FRAME));
      // The counters run over as the kernel's do.
      consumed = (consumed + 1) | 0;
      released = (released + 1) | 0;
      Atomics.store(words, rx.consumer / 4, consumed);
      Atomics.store(words, fill.producer / 4, released);
    }
    return count;
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }

  /** The kernel may use a frame again; the producer's counter says so. */
  #release(entry: number, address: number): void {
    const { fill } = this.#socket.rings;
    this.#words[fill.entries / 4 + ADDRESS_WORDS * (entry & (fill.size - 1))] = address;
  }
}
