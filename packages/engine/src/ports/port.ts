import { contextLayout, type Hook } from '../memory/frame-context.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import { fillSkb, type Views } from './contexts.ts';
import { COMPLETED, Counters, FILLED, FULL, type PortCounter, portCounters, RECEIVED, SENT } from './counters.ts';
import { type FramePool, HOLDER } from './frame-pool.ts';
import type { Device, PortImage } from './port-image.ts';
import { Consumer, DESCRIPTOR, OFFSET, Producer } from './ring.ts';

/** Fewer new frames are not worth a look at the fill ring. */
const FILL_BATCH = 32;

/**
 * A port, for the one thread that works on it. A frame that was received belongs to the worker, until it is transmitted by a
 * port of the same pool or given back to the pool.
 */
export class Port {
  readonly image: PortImage;
  readonly number: number;
  readonly device: Device;
  readonly #words: Int32Array;
  readonly #views: Views;
  readonly #pool: FramePool;
  readonly #counters: Counters<PortCounter>;
  readonly #rx: Consumer;
  readonly #tx: Producer;
  readonly #fill: Producer;
  readonly #completion: Consumer;
  /** Written to the transmit ring, and not published. */
  #unsent = 0;

  constructor(memory: LinearMemory, pool: FramePool, image: PortImage, device: Device) {
    this.image = image;
    this.number = image.number;
    this.device = device;
    this.#words = new Int32Array(memory.memory.buffer);
    this.#views = { words: this.#words, bytes: memory.bytes };
    this.#pool = pool;
    this.#counters = new Counters(memory, image.counters, portCounters);
    const { rx, tx, fill, completion } = image.rings;
    this.#rx = new Consumer(this.#words, rx, DESCRIPTOR);
    this.#tx = new Producer(this.#words, tx, DESCRIPTOR);
    this.#fill = new Producer(this.#words, fill, OFFSET);
    this.#completion = new Consumer(this.#words, completion, OFFSET);
    this.#refill();
  }

  /**
   * Fills contexts of the hook from address `first` on with at most `most` frames that have come; how many. `ifindex`: the interface
   * that programs see them as of.
   */
  receive(first: number, most: number, hook: Hook = 'xdp', ifindex: number = this.number): number {
    this.device.exchange?.();
    const count = Math.min(this.#rx.available(), most);
    if (count === 0) {
      this.#refill();
      return 0;
    }
    if (hook === 'xdp') this.#receiveXdp(first, count, ifindex);
    else this.#receiveSkb(first, count, ifindex);
    this.#rx.release();
    this.#refill();
    this.#counters.add(RECEIVED, count);
    return count;
  }

  #receiveXdp(first: number, count: number, ifindex: number): void {
    const { entries, tail, mask } = this.#rx;
    const { slot, queue } = this.image;
    const done = this.#pool.moves.receive(first, count, entries, tail, mask, slot, ifindex, queue);
    this.#rx.advance(done);
    if (done < count) this.#pool.pass(this.#words[this.#rx.next()] ?? 0, slot, HOLDER.worker);
  }

  #receiveSkb(first: number, count: number, ifindex: number): void {
    const words = this.#words;
    const { start, frameBytes } = this.#pool.image;
    const { stride } = contextLayout.skb;
    for (let index = 0, context = first; index < count; index++, context += stride) {
      const entry = this.#rx.next();
      const offset = words[entry] ?? 0;
      const base = this.#pool.base(offset);
      this.#pool.pass(base, this.image.slot, HOLDER.worker);
      const at = start + offset;
      const head = start + base;
      fillSkb(this.#views, context, at, at + (words[entry + 2] ?? 0), head, head + frameBytes, ifindex);
    }
  }

  /**
   * Takes frames of XDP contexts from address `context` on, at most `most`, as long as they have this verdict, and for a redirect this
   * target; how many. Those behind are not alike, or there is no room.
   */
  sendAlike(context: number, most: number, verdict: number, target: number): number {
    const { entries, head, mask } = this.#tx;
    const room = this.#tx.roomFor(most);
    const done = this.#pool.moves.send(context, room, verdict, target, entries, head, mask, this.image.slot);
    this.#tx.advance(done);
    this.#unsent += done;
    return done;
  }

  /** Takes the frame that the byte at `offset` of the pool lies in; `false` if the ring is full, and the frame still the caller's. */
  send(offset: number, length: number): boolean {
    if (!this.#tx.hasRoom()) {
      this.flush();
      if (!this.#tx.hasRoom()) {
        this.#counters.add(FULL, 1);
        return false;
      }
    }
    const words = this.#words;
    const entry = this.#tx.next();
    this.#pool.pass(offset, HOLDER.worker, this.image.slot);
    words[entry] = offset;
    words[entry + 1] = 0;
    words[entry + 2] = length;
    words[entry + 3] = 0;
    this.#unsent++;
    return true;
  }

  /** Sends what was transmitted, and takes back frames that have gone out. */
  flush(): void {
    if (this.#unsent > 0) {
      this.#tx.publish();
      this.#counters.add(SENT, this.#unsent);
      this.#unsent = 0;
      this.device.sent?.();
    } else if (this.#tx.waiting > 0) {
      // The kernel did not take all the last time.
      this.device.sent?.();
    }
    this.#complete();
  }

  /** Frames that were sent and have not come back. */
  get sending(): number {
    return this.#counters.get(SENT) - this.#counters.get(COMPLETED);
  }

  #complete(): void {
    const count = this.#completion.available();
    if (count === 0) return;
    const { entries, tail, mask } = this.#completion;
    const { slot } = this.image;
    const done = this.#pool.moves.complete(entries, tail, mask, count, slot);
    this.#completion.advance(done);
    if (done < count) this.#pool.give(this.#words[this.#completion.next()] ?? 0, slot);
    this.#completion.release();
    this.#counters.add(COMPLETED, count);
  }

  #refill(): void {
    const count = Math.min(this.#fill.room(), this.#pool.free);
    if (count < FILL_BATCH && count < this.#fill.size / 2) return;
    const { entries, head, mask } = this.#fill;
    this.#fill.advance(this.#pool.moves.fill(entries, head, mask, count, this.image.slot));
    this.#fill.publish();
    this.#counters.add(FILLED, count);
    this.device.filled?.();
  }
}
