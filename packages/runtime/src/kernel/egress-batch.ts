import { Errno, errnoName, type PacketBatch, PacketSocket, type PacketSocketOptions } from '@twinpath/linux';
import { FrameTooLongError } from '../packet-out/frame-too-long.ts';
import { offloadOf } from '../packet-out/offload.ts';
import type { Losses } from '../packet-out/undelivered.ts';

/** Bytes of the header in front of what the MTU counts. */
const ETHERNET = 14;

export interface EgressFrame {
  readonly bytes: Uint8Array;
  /** 0: the frame is one packet. */
  readonly segmentSize: number;
  /** 0: no program is to know the frame. */
  readonly mark: number;
  readonly word: number;
}

export interface EgressLink {
  readonly ifindex: number;
  /** Name of its namespace; `undefined`: this thread's. */
  readonly namespace: string | undefined;
  /** Of the interface, at the moment. */
  mtu(): number;
  /** Before anything is sent. */
  ready(): void;
}

/** Frames that leave by one interface, collected and sent together through its egress hook. */
export class EgressBatch implements Disposable {
  readonly #socket: PacketSocket;
  readonly #batch: PacketBatch;
  readonly #losses: Losses;
  readonly #link: EgressLink;
  /** Length of each frame, for errors; negative: functions see it, which may drop it. */
  #frames: number[] = [];

  constructor(link: EgressLink, losses: Losses) {
    using stack = new DisposableStack();
    this.#socket = stack.use(new PacketSocket(socketOptions(link)));
    this.#batch = this.#socket.batch();
    this.#link = link;
    this.#losses = losses;
    stack.move();
  }

  add({ bytes, segmentSize, mark, word }: EgressFrame, mayBeDropped: boolean): void {
    const offload = segmentSize === 0 ? undefined : offloadOf(bytes, segmentSize);
    const frame = { bytes, mark, priority: word, offload };
    if (!this.#batch.add(frame)) {
      this.send();
      this.#batch.add(frame);
    }
    this.#frames.push(mayBeDropped ? -bytes.length : bytes.length);
  }

  send(): void {
    if (this.#batch.count === 0) return;
    this.#link.ready();
    const frames = this.#frames;
    this.#frames = [];
    this.#batch.send((index, errno) => this.#refused(frames[index] ?? 0, errno));
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }

  #refused(frame: number, errno: number): void {
    // What a program drops, or hands up once more, is to the sender as if the interface's queue were full.
    if (frame < 0 && errno === Errno.ENOBUFS) return;
    const tooLong = errno === Errno.EMSGSIZE;
    const error = tooLong
      ? new FrameTooLongError(Math.abs(frame), this.#link.mtu() + ETHERNET)
      : new Error(`the interface refused a frame of ${Math.abs(frame)} bytes: ${errnoName(errno)}`);
    this.#losses.add(1, error);
  }
}

function socketOptions({ ifindex, namespace }: EgressLink): PacketSocketOptions {
  return { link: ifindex, ...(namespace !== undefined && { namespace }) };
}
