import type { LinearMemory } from '../memory/linear-memory.ts';
import type { FramePoolImage } from './frame-pool.ts';
import type { PortImage } from './port-image.ts';
import { Consumer, DESCRIPTOR, OFFSET, Producer } from './ring.ts';

/** XDP_PACKET_HEADROOM: what programs may put in front of a packet. */
export const HEADROOM = 256;

/**
 * What is behind a port's rings where the kernel is not: delivers frames to the port and collects what it sends. One thread
 * at a time.
 */
export class FarEnd {
  /** Bytes of the longest frame. */
  readonly longest: number;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #pool: FramePoolImage;
  readonly #rx: Producer;
  readonly #tx: Consumer;
  readonly #fill: Consumer;
  readonly #completion: Producer;
  readonly #wake: (() => void) | undefined;
  #isDelivering = false;

  /** `wake`: see {@link EngineWorker.wake}; without it a worker may sleep on for some milliseconds. */
  constructor(memory: LinearMemory, pool: FramePoolImage, { rings }: PortImage, wake?: () => void) {
    this.#wake = wake;
    this.longest = pool.frameBytes - HEADROOM;
    this.#bytes = memory.bytes;
    this.#words = new Int32Array(memory.memory.buffer);
    this.#pool = pool;
    this.#rx = new Producer(this.#words, rings.rx, DESCRIPTOR);
    this.#tx = new Consumer(this.#words, rings.tx, DESCRIPTOR);
    this.#fill = new Consumer(this.#words, rings.fill, OFFSET);
    this.#completion = new Producer(this.#words, rings.completion, OFFSET);
  }

  /** Whether a frame can be delivered now. */
  get ready(): boolean {
    return this.#fill.available() > 0 && this.#rx.hasRoom();
  }

  /** Frames that can be delivered now. */
  room(): number {
    return Math.min(this.#fill.available(), this.#rx.room());
  }

  /**
   * Copies a frame in, for the port to see once {@link ring} was called. `false`: there is no room; `ready` says so, too.
   * `before`: what is to lie in front of it, for an inlet.
   */
  deliver(frame: Uint8Array, before?: Uint8Array): boolean {
    if (frame.length > this.longest) throw new RangeError(`a frame of ${frame.length} bytes: ${this.longest} at most`);
    if (!this.ready) return false;
    const offset = (this.#words[this.#fill.next()] ?? 0) + HEADROOM;
    this.#bytes.set(frame, this.#pool.start + offset);
    if (before !== undefined) this.#bytes.set(before, this.#pool.start + offset - before.length);
    const entry = this.#rx.next();
    this.#words[entry] = offset;
    this.#words[entry + 1] = 0;
    this.#words[entry + 2] = frame.length;
    this.#words[entry + 3] = 0;
    this.#isDelivering = true;
    return true;
  }

  /** Makes known what was delivered, and wakes the thread that works on the port: whether there was anything. */
  ring(): boolean {
    if (!this.#isDelivering) return false;
    this.#isDelivering = false;
    this.#fill.release();
    this.#rx.publish();
    const bell = this.#pool.bell >>> 2;
    Atomics.add(this.#words, bell, 1);
    Atomics.notify(this.#words, bell);
    this.#wake?.();
    return true;
  }

  /** Hands over what the port has sent, at most `most` frames; how many. The bytes are the handler's for the call only. */
  collect(take: (frame: Uint8Array) => void, most = Number.POSITIVE_INFINITY): number {
    const count = Math.min(this.#tx.available(), most, this.#completion.room());
    if (count === 0) return 0;
    const words = this.#words;
    for (let index = 0; index < count; index++) {
      const entry = this.#tx.next();
      const offset = words[entry] ?? 0;
      const at = this.#pool.start + offset;
      take(this.#bytes.subarray(at, at + (words[entry + 2] ?? 0)));
      const done = this.#completion.next();
      words[done] = offset;
      words[done + 1] = 0;
    }
    this.#tx.release();
    this.#completion.publish();
    return count;
  }
}
