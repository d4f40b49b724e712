import type { Entries } from './entries.ts';

/** A part of the key space: in every dimension an aligned power-of-two block. */
export class Region {
  readonly #from: Uint32Array;
  readonly #to: Uint32Array;
  /** Free low bits of every dimension. */
  readonly free: Uint8Array;

  constructor({ dimensions }: Entries) {
    this.#from = new Uint32Array(dimensions.length);
    this.#to = Uint32Array.from(dimensions, ({ bits }) => lastOf(0, bits));
    this.free = Uint8Array.from(dimensions, ({ bits }) => bits);
  }

  from(dimension: number): number {
    return this.#from[dimension] ?? 0;
  }

  /** The last value, which belongs to it. */
  to(dimension: number): number {
    return this.#to[dimension] ?? 0;
  }

  copyFrom(other: Region): void {
    this.#from.set(other.#from);
    this.#to.set(other.#to);
    this.free.set(other.free);
  }

  /** Keeps the part with number `part` of those with `shift` free bits. */
  narrow(dimension: number, part: number, shift: number): void {
    this.#set(dimension, this.from(dimension) + part * 2 ** shift, shift);
  }

  covers(entries: Entries, dimension: number, box: number): boolean {
    return (
      (entries.low[dimension]?.[box] ?? 0) <= this.from(dimension) &&
      (entries.high[dimension]?.[box] ?? 0) >= this.to(dimension)
    );
  }

  /** Shrinks to the smallest blocks around all boxes. Safe, because a leaf compares whole rules: outside, nothing matches. */
  shrinkTo(entries: Entries, boxes: Int32Array): void {
    for (let dimension = 0; dimension < this.free.length; dimension++) {
      const free = this.free[dimension] ?? 0;
      if (free > 0) this.#shrinkAlong(entries, boxes, dimension);
    }
  }

  #shrinkAlong(entries: Entries, boxes: Int32Array, dimension: number): void {
    const low = entries.low[dimension] ?? new Uint32Array();
    const high = entries.high[dimension] ?? new Uint32Array();
    const from = this.from(dimension);
    const to = this.to(dimension);
    let first = to;
    let last = from;
    for (let index = 0; index < boxes.length; index++) {
      const box = boxes[index] ?? 0;
      first = Math.min(first, Math.max(low[box] ?? 0, from));
      last = Math.max(last, Math.min(high[box] ?? 0, to));
      if (first === from && last === to) return;
    }
    const free = 32 - Math.clz32(first ^ last);
    this.#set(dimension, free === 32 ? 0 : (first >>> free) << free, free);
  }

  #set(dimension: number, from: number, free: number): void {
    this.#from[dimension] = from;
    this.#to[dimension] = lastOf(from, free);
    this.free[dimension] = free;
  }
}

function lastOf(from: number, free: number): number {
  return free === 32 ? 0xffffffff : (from | ((1 << free) - 1)) >>> 0;
}
