import type { Cut } from './cut.ts';
import type { Entries } from './entries.ts';
import type { Region } from './region.ts';

/** Some box begins in this part or ended in the one before. */
const BOUNDARY = 1;
/** Some box fills only a piece of this part. */
const PIECE = 2;

/** The boxes of every part of a cut, each in rule order. */
export class Parts {
  readonly #lists: Int32Array;
  /** Where each part's list begins; one more for the end. */
  readonly #starts: Int32Array;
  readonly #flags: Uint8Array;

  constructor(entries: Entries, boxes: Int32Array, region: Region, cut: Cut) {
    const count = 2 ** cut.bits;
    const begins = new Int32Array(boxes.length);
    const ends = new Int32Array(boxes.length);
    this.#flags = new Uint8Array(count + 1);
    this.#locate(entries, boxes, region, cut, begins, ends);
    this.#starts = startsOf(begins, ends, count);
    this.#lists = new Int32Array(this.#starts[count] ?? 0);
    const next = this.#starts.slice();
    for (let index = 0; index < boxes.length; index++) {
      const end = ends[index] ?? 0;
      for (let part = begins[index] ?? 0; part <= end; part++) {
        const at = next[part] ?? 0;
        this.#lists[at] = boxes[index] ?? 0;
        next[part] = at + 1;
      }
    }
  }

  /** The caller may reorder and overwrite it. */
  list(part: number): Int32Array {
    return this.#lists.subarray(this.#starts[part], this.#starts[part + 1]);
  }

  /** Whether the part before has the same boxes, and none divides either: then the same tree serves both. */
  isLikePrevious(part: number): boolean {
    const flags = this.#flags;
    return part > 0 && flags[part] === 0 && ((flags[part - 1] ?? 0) & PIECE) === 0;
  }

  /** First and last part of every box. */
  #locate(
    entries: Entries,
    boxes: Int32Array,
    region: Region,
    { dimension, bits, shift }: Cut,
    begins: Int32Array,
    ends: Int32Array,
  ): void {
    const low = entries.low[dimension] ?? new Uint32Array();
    const high = entries.high[dimension] ?? new Uint32Array();
    const from = region.from(dimension);
    const to = region.to(dimension);
    const inside = 2 ** shift - 1;
    const last = 2 ** bits - 1;
    for (let index = 0; index < boxes.length; index++) {
      const box = boxes[index] ?? 0;
      const first = Math.max(low[box] ?? 0, from) - from;
      const final = Math.min(high[box] ?? 0, to) - from;
      const begin = first >>> shift;
      const end = Math.min(final >>> shift, last);
      begins[index] = begin;
      ends[index] = end;
      this.#mark(begin, BOUNDARY | ((first & inside) === 0 ? 0 : PIECE));
      this.#mark(end, (final & inside) === inside ? 0 : PIECE);
      this.#mark(end + 1, BOUNDARY);
    }
  }

  #mark(part: number, flags: number): void {
    this.#flags[part] = (this.#flags[part] ?? 0) | flags;
  }
}

function startsOf(begins: Int32Array, ends: Int32Array, count: number): Int32Array {
  const starts = new Int32Array(count + 1);
  const steps = new Int32Array(count + 1);
  for (let index = 0; index < begins.length; index++) {
    const begin = begins[index] ?? 0;
    const behind = (ends[index] ?? 0) + 1;
    steps[begin] = (steps[begin] ?? 0) + 1;
    steps[behind] = (steps[behind] ?? 0) - 1;
  }
  let active = 0;
  for (let part = 0; part < count; part++) {
    active += steps[part] ?? 0;
    starts[part + 1] = (starts[part] ?? 0) + active;
  }
  return starts;
}
