import type { Entries } from './entries.ts';
import type { Region } from './region.ts';

/** Divides a region into 2^`bits` equal parts along one dimension. */
export interface Cut {
  readonly dimension: number;
  readonly bits: number;
  /** Bits of the dimension below the cut. */
  readonly shift: number;
  /** Rules a packet is expected to be left with, if every copy of a rule is as likely. */
  readonly expected: number;
}

/** What a child array can have at most: 2^16 words. */
const MOST_BITS = 16;

/** Finds the dimension and number of parts that leave the fewest rules, within a budget of copies and children. */
export class CutChooser {
  readonly #entries: Entries;
  /** Boxes that begin in, and end in, each part. */
  readonly #begins = new Int32Array(2 ** MOST_BITS);
  readonly #ends = new Int32Array(2 ** MOST_BITS);

  constructor(entries: Entries) {
    this.#entries = entries;
  }

  /** `budget`: how many copies and children, together, are allowed. `undefined`: nothing tells the boxes apart. */
  choose(boxes: Int32Array, region: Region, budget: number): Cut | undefined {
    let best: Cut | undefined;
    for (let dimension = 0; dimension < this.#entries.dimensions.length; dimension++) {
      const cut = this.#cutAlong(dimension, boxes, region, budget);
      if (cut && (!best || cut.expected < best.expected)) best = cut;
    }
    return best;
  }

  #cutAlong(dimension: number, boxes: Int32Array, region: Region, budget: number): Cut | undefined {
    const free = region.free[dimension] ?? 0;
    const grain = this.#entries.dimensions[dimension]?.grain ?? 0;
    const most = Math.min(free - grain, MOST_BITS, Math.floor(Math.log2(budget)));
    if (most < 1 || !this.#count(dimension, boxes, region, free - most, 2 ** most)) return undefined;
    for (let bits = most; bits > 0; bits--) {
      const { copies, squares } = this.#measure(2 ** bits);
      if (copies + 2 ** bits <= budget || bits === 1) {
        return { dimension, bits, shift: free - bits, expected: squares / copies };
      }
      this.#halve(2 ** bits);
    }
    return undefined;
  }

  /** @returns whether some box does not span the whole region. */
  #count(dimension: number, boxes: Int32Array, region: Region, shift: number, parts: number): boolean {
    const begins = this.#begins;
    const ends = this.#ends;
    begins.fill(0, 0, parts);
    ends.fill(0, 0, parts);
    const low = this.#entries.low[dimension] ?? new Uint32Array();
    const high = this.#entries.high[dimension] ?? new Uint32Array();
    const from = region.from(dimension);
    const to = region.to(dimension);
    let spanning = 0;
    for (let index = 0; index < boxes.length; index++) {
      const box = boxes[index] ?? 0;
      const first = low[box] ?? 0;
      const last = high[box] ?? 0;
      if (first <= from && last >= to) {
        spanning++;
        continue;
      }
      const begin = first <= from ? 0 : (first - from) >>> shift;
      const end = last >= to ? parts - 1 : (last - from) >>> shift;
      begins[begin] = (begins[begin] ?? 0) + 1;
      ends[end] = (ends[end] ?? 0) + 1;
    }
    begins[0] = (begins[0] ?? 0) + spanning;
    ends[parts - 1] = (ends[parts - 1] ?? 0) + spanning;
    return spanning < boxes.length;
  }

  #measure(parts: number): { readonly copies: number; readonly squares: number } {
    const begins = this.#begins;
    const ends = this.#ends;
    let active = 0;
    let copies = 0;
    let squares = 0;
    for (let part = 0; part < parts; part++) {
      active += begins[part] ?? 0;
      copies += active;
      squares += active * active;
      active -= ends[part] ?? 0;
    }
    return { copies, squares };
  }

  /** Joins neighbouring parts. */
  #halve(parts: number): void {
    for (const counts of [this.#begins, this.#ends]) {
      for (let part = 0; part < parts; part += 2) counts[part / 2] = (counts[part] ?? 0) + (counts[part + 1] ?? 0);
    }
  }
}
