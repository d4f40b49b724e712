import { Errno } from './errno.ts';
import type { Fd } from './fd.ts';
import { sys } from './ffi.ts';
import { keepAlive, NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';

const SOL_SOCKET = 1;
const SO_PRIORITY = 12;
const SO_MARK = 36;

// struct msghdr { void *name; u32 namelen; iovec *iov; size_t iovlen; void *control; size_t controllen; int flags }
const msghdrSize = 56;
// struct mmsghdr { struct msghdr; u32 sent } padded to 8 bytes
const mmsghdrSize = 64;
// struct iovec { void *base; size_t length }
const iovecSize = 16;
// struct cmsghdr { size_t length; int level; int type } and 4 bytes of data, padded to 8
const cmsgSize = 24;

/** The kernel takes at most this many messages in one sendmmsg(2). */
const batchLimit = 1024;

export interface SendOptions {
  /** The packet's mark, 32 bits; a program on the egress hook reads it as `skb->mark`. */
  readonly mark?: number;
  /** The packet's priority, 32 bits. A change of it costs a system call. */
  readonly priority?: number;
}

/** Sends frames on one bound packet socket, with the message headers kept between calls. */
export class PacketSender {
  readonly #fd: Fd;
  readonly #subject: string;
  readonly #control = new NativeBuffer(cmsgSize);
  /** The socket's: only since 6.14 can each packet have its own. */
  readonly #priority = new NativeBuffer(4);
  #headers = new NativeBuffer(mmsghdrSize);
  #vectors = new NativeBuffer(iovecSize);

  constructor(fd: Fd, subject: string) {
    this.#fd = fd;
    this.#subject = subject;
    this.#reserve(32);
  }

  send(frame: Uint8Array, options?: SendOptions): void {
    const controlSize = this.#fillControl(options);
    const payload = new NativeBuffer(frame);
    this.#fill(0, payload, controlSize);
    const result = sys.sendmsg(this.#fd.number, this.#headers.bytes.subarray(0, msghdrSize), 0);
    keepAlive([this, payload]);
    check('sendmsg', result, { subject: this.#subject });
  }

  sendBatch(frames: readonly Uint8Array[], options?: SendOptions): number {
    const controlSize = this.#fillControl(options);
    this.#reserve(Math.min(frames.length, batchLimit));
    let sent = 0;
    while (sent < frames.length) {
      const part = frames.slice(sent, sent + batchLimit).map((frame) => new NativeBuffer(frame));
      for (const [index, payload] of part.entries()) this.#fill(index, payload, controlSize);
      const result = sys.sendmmsg(this.#fd.number, this.#headers.bytes, part.length, 0);
      keepAlive([this, part]);
      if (result === -Errno.ENOBUFS || result === -Errno.EAGAIN) return sent;
      sent += check('sendmmsg', result, { subject: this.#subject });
    }
    return sent;
  }

  #reserve(count: number): void {
    if (this.#headers.size >= count * mmsghdrSize) return;
    this.#headers = new NativeBuffer(count * mmsghdrSize);
    this.#vectors = new NativeBuffer(count * iovecSize);
  }

  #fill(index: number, payload: NativeBuffer, controlSize: number): void {
    const header = index * mmsghdrSize;
    const vector = index * iovecSize;
    this.#vectors.setU64(vector, payload.address).setU64(vector + 8, payload.size);
    this.#headers.setU64(header + 16, this.#vectors.address + vector).setU64(header + 24, 1);
    this.#headers.setU64(header + 32, controlSize > 0 ? this.#control.address : 0).setU64(header + 40, controlSize);
  }

  /** A control message makes the mark each packet's; a socket option would need a call each. */
  #fillControl({ mark, priority = 0 }: SendOptions = {}): number {
    if (priority !== this.#priority.getU32(0)) this.#setPriority(priority);
    if (mark === undefined) return 0;
    this.#control.setU64(0, 20).setU32(8, SOL_SOCKET).setU32(12, SO_MARK).setU32(16, mark);
    return cmsgSize;
  }

  #setPriority(priority: number): void {
    const { bytes } = this.#priority.setU32(0, priority);
    const result = sys.setsockopt(this.#fd.number, SOL_SOCKET, SO_PRIORITY, bytes, bytes.length);
    check('setsockopt(SO_PRIORITY)', result, { subject: this.#subject });
  }
}
