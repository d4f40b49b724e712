import { contextLayout } from '../memory/frame-context.ts';
import type { LinearMemory } from '../memory/linear-memory.ts';
import type { FramePool } from './frame-pool.ts';

const ENOMEM = 12;
/** Of one burst: copies may ask for copies. */
const MOST = 1024;
const { skb } = contextLayout;

interface Clone {
  /** As it was when it was copied. */
  readonly context: Uint8Array;
  readonly offset: number;
  readonly length: number;
  readonly ifindex: number;
  readonly flags: number;
}

/** Copies of frames that programs have asked for, until the programs are done: what judges them may run then. */
export class Clones {
  readonly #memory: LinearMemory;
  readonly #pool: FramePool;
  #waiting: Clone[] = [];

  constructor(memory: LinearMemory, pool: FramePool) {
    this.#memory = memory;
    this.#pool = pool;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** 0, or minus an errno. */
  add(context: number, ifindex: number, flags: number): number {
    if (this.#waiting.length === MOST) return -ENOMEM;
    const data = this.#memory.getU32(context + skb.data);
    const length = this.#memory.getU32(context + skb.dataEnd) - data;
    const offset = this.#pool.copy(data - this.#pool.image.start, length);
    if (offset < 0) return -ENOMEM;
    this.#waiting.push({ context: this.#memory.read(context, skb.stride), offset, length, ifindex, flags });
    return 0;
  }

  /** Puts each in turn into the context, and hands it on. */
  take(context: number, send: (ifindex: number, flags: number) => void): void {
    // What handles copies may ask for more.
    for (const clone of this.#waiting) {
      const { start, frameBytes } = this.#pool.image;
      const base = start + this.#pool.base(clone.offset);
      this.#memory.write(context, clone.context);
      this.#memory.setU32(context + skb.data, start + clone.offset);
      this.#memory.setU32(context + skb.dataMeta, start + clone.offset);
      this.#memory.setU32(context + skb.dataEnd, start + clone.offset + clone.length);
      this.#memory.setU32(context + skb.head, base);
      this.#memory.setU32(context + skb.tail, base + frameBytes);
      send(clone.ifindex, clone.flags);
    }
    this.#waiting = [];
  }
}
