import { Errno } from './errno.ts';
import type { Fd } from './fd.ts';
import { sys } from './ffi.ts';
import { keepAlive, NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';
import type { VirtioNetHeader } from './virtio-net-header.ts';
import { VIRTIO_NET_HEADER, writeVirtioNetHeader } from './virtio-net-header.ts';

const SOL_SOCKET = 1;
const SO_PRIORITY = 12;
const SO_MARK = 36;

// struct mmsghdr { struct msghdr { void *name; u32 namelen; iovec *iov; size_t iovlen; void *control; size_t controllen;
// int flags }; u32 sent }
const MESSAGE = { vector: 16, vectors: 24, control: 32, controlSize: 40, size: 64 } as const;
// struct iovec { void *base; size_t length }
const VECTOR = 16;
// struct cmsghdr { size_t length; int level; int type } and 4 bytes of data, padded to 8
const CONTROL = 24;

const MESSAGES = 256;
/** More than the longest frame, so that any frame fits into an empty batch. */
const BYTES = 512 << 10;

export interface BatchedFrame {
  readonly bytes: Uint8Array;
  /** Read as `skb->mark` on the egress hook; 0 for none. 32 bits. */
  readonly mark?: number;
  /** As `skb->priority`. 32 bits. Before 6.14 a change of it between two frames costs system calls. */
  readonly priority?: number;
  /** What the interface has left to do; default: nothing. */
  readonly offload?: VirtioNetHeader | undefined;
}

/** Frames for a packet socket that has PACKET_VNET_HDR: collected, and sent with one system call. */
export class PacketBatch {
  readonly #fd: Fd;
  readonly #subject: string;
  readonly #messages = new NativeBuffer(MESSAGES * MESSAGE.size);
  readonly #vectors = new NativeBuffer(MESSAGES * VECTOR);
  readonly #controls = new NativeBuffer(MESSAGES * 2 * CONTROL);
  readonly #bytes = new NativeBuffer(BYTES);
  #count = 0;
  #used = 0;
  /** Whether the kernel takes a priority with each packet; `undefined`: it has not been seen. */
  #perPacket: boolean | undefined;
  /** The socket's, for packets without their own. */
  #priority = 0;

  constructor(fd: Fd, subject: string) {
    this.#fd = fd;
    this.#subject = subject;
    for (let index = 0; index < MESSAGES; index++) this.#prepare(index);
  }

  get count(): number {
    return this.#count;
  }

  /** Copies the frame. `false`: there is no room for it before the batch is sent. */
  add({ bytes, mark = 0, priority = 0, offload }: BatchedFrame): boolean {
    const length = VIRTIO_NET_HEADER + bytes.length;
    if (length > BYTES) throw new RangeError(`${this.#subject}: ${bytes.length} bytes are no frame`);
    if (this.#count === MESSAGES || this.#used + length > BYTES) return false;
    const index = this.#count++;
    writeVirtioNetHeader(this.#bytes.view, this.#used, offload);
    this.#bytes.bytes.set(bytes, this.#used + VIRTIO_NET_HEADER);
    setAddress(this.#vectors.view, index * VECTOR, this.#bytes.address + this.#used);
    this.#vectors.setU32(index * VECTOR + 8, length);
    this.#setControl(index, mark, priority);
    this.#used += length;
    return true;
  }

  /** Sends all, in order. What the kernel refuses is passed over: `refused` gets its index and the errno. */
  send(refused: (index: number, errno: number) => void): void {
    const { size } = MESSAGE;
    let at = 0;
    while (at < this.#count) {
      const end = this.#beginRun(at);
      const result = sys.sendmmsg(this.#fd.number, this.#messages.bytes.subarray(at * size), end - at, 0);
      keepAlive(this);
      if (result === -Errno.EINTR) continue;
      if (result === -Errno.EINVAL && this.#forbidsPriority(at)) continue;
      if (result < 0) refused(at++, -result);
      else {
        if (this.#priorityOf(at) !== 0) this.#perPacket ??= true;
        at += check('sendmmsg', result, { subject: this.#subject });
      }
    }
    this.#count = 0;
    this.#used = 0;
  }

  #prepare(index: number): void {
    const [message, control] = [index * MESSAGE.size, index * 2 * CONTROL];
    setAddress(this.#messages.view, message + MESSAGE.vector, this.#vectors.address + index * VECTOR);
    this.#messages.setU32(message + MESSAGE.vectors, 1);
    setAddress(this.#messages.view, message + MESSAGE.control, this.#controls.address + control);
    for (const [number, type] of [SO_MARK, SO_PRIORITY].entries()) {
      const at = control + number * CONTROL;
      this.#controls
        .setU32(at, 20)
        .setU32(at + 8, SOL_SOCKET)
        .setU32(at + 12, type);
    }
  }

  /** Control messages make mark and priority per packet; socket options need a call each. */
  #setControl(index: number, mark: number, priority: number): void {
    const at = index * 2 * CONTROL;
    this.#controls.setU32(at + 16, mark).setU32(at + CONTROL + 16, priority);
    this.#sizeControl(index);
  }

  #sizeControl(index: number): void {
    const isMarked = this.#controls.getU32(index * 2 * CONTROL + 16) !== 0;
    const count = this.#perPacket !== false && this.#priorityOf(index) !== 0 ? 2 : isMarked ? 1 : 0;
    this.#messages.setU32(index * MESSAGE.size + MESSAGE.controlSize, count * CONTROL);
  }

  #priorityOf(index: number): number {
    return this.#controls.getU32(index * 2 * CONTROL + CONTROL + 16);
  }

  /** Where the kernel takes no priority with a packet, those that share one are sent together: the end of theirs. */
  #beginRun(from: number): number {
    if (this.#perPacket !== false) return this.#count;
    const priority = this.#priorityOf(from);
    if (priority !== this.#priority) this.#setPriority(priority);
    let end = from + 1;
    while (end < this.#count && this.#priorityOf(end) === priority) end++;
    return end;
  }

  /** Whether this packet's priority is what the kernel does not know: before 6.14 it is EINVAL. Then it is not given again. */
  #forbidsPriority(index: number): boolean {
    if (this.#perPacket !== undefined || this.#priorityOf(index) === 0) return false;
    this.#perPacket = false;
    for (let one = index; one < this.#count; one++) this.#sizeControl(one);
    return true;
  }

  #setPriority(priority: number): void {
    const { bytes } = new NativeBuffer(4).setU32(0, priority);
    const result = sys.setsockopt(this.#fd.number, SOL_SOCKET, SO_PRIORITY, bytes, bytes.length);
    check('setsockopt(SO_PRIORITY)', result, { subject: this.#subject });
    this.#priority = priority;
  }
}

/** Without a BigInt: user addresses stay below 2^47. */
function setAddress(view: DataView, at: number, address: number): void {
  view.setUint32(at, address >>> 0, true);
  view.setUint32(at + 4, Math.floor(address / 2 ** 32), true);
}
