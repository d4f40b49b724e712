import { type Cut, CutChooser } from './cut.ts';
import type { Entries } from './entries.ts';
import { type Heap, TableTooLarge } from './heap.ts';
import {
  COUNT_BIT,
  CUT_BIT,
  INDEX_BITS_BIT,
  KEY_WORD_BIT,
  LOWEST_BIT,
  MAX_RECORDS,
  MAX_STEPS,
  NO_RULE,
  SHIFT_BIT,
} from './layout.ts';
import { Parts } from './parts.ts';
import { prune } from './prune.ts';
import type { RecordWriter } from './record-writer.ts';
import { Region } from './region.ts';

export interface TreeOptions {
  /** No more cuts at so many rules. */
  readonly leaf: number;
  /** Copies and children of one cut, as a multiple of its rules. */
  readonly budget: number;
  /** From this depth on cuts get wider with every step, so that deep nests end before MAX_STEPS. */
  readonly hurryFrom: number;
}

/** Builds the trees of one family into a heap. */
export class TreeBuilder {
  readonly #heap: Heap;
  readonly #entries: Entries;
  readonly #options: TreeOptions;
  readonly #chooser: CutChooser;
  readonly #writer: RecordWriter;
  readonly #recordWords: number;
  readonly #record: Uint32Array;
  /** One for each depth: children are built one after the other. */
  readonly #regions: Region[];
  readonly #leaves = new Map<number, { readonly boxes: Int32Array; readonly at: number }[]>();
  #levels = 0;
  #records = 0;

  constructor(heap: Heap, entries: Entries, writer: RecordWriter, recordWords: number, options: TreeOptions) {
    this.#heap = heap;
    this.#entries = entries;
    this.#options = options;
    this.#chooser = new CutChooser(entries);
    this.#writer = writer;
    this.#recordWords = recordWords;
    this.#record = new Uint32Array(2 * recordWords);
    this.#regions = Array.from({ length: MAX_STEPS + 2 }, () => new Region(entries));
  }

  /** Most cuts on a way from a root to a leaf. */
  get levels(): number {
    return this.#levels;
  }

  get records(): number {
    return this.#records;
  }

  /** Writes the root at `at`; it is a cut even when a leaf would do, because the walk takes the first step unasked. */
  build(at: number, boxes: Int32Array): void {
    const region = new Region(this.#entries);
    const kept = prune(this.#entries, boxes, region);
    const cut = this.#cutOf(kept, region, 0);
    if (cut) this.#writeCut(at, kept, region, cut, 0);
    else this.#writeUncutRoot(at, kept);
  }

  #writeUncutRoot(at: number, boxes: Int32Array): void {
    if (boxes.length === 0) {
      // Leads to word 0, the empty leaf.
      this.#heap.set(at, CUT_BIT, (NO_RULE << (LOWEST_BIT - 32)) >>> 0);
      return;
    }
    const child = this.#heap.allocate(1);
    this.#writeLeaf(child, boxes);
    this.#heap.set(at, child | CUT_BIT, this.#lowest(boxes));
  }

  #node(at: number, boxes: Int32Array, region: Region, depth: number): void {
    const kept = boxes.length === 1 ? boxes : prune(this.#entries, boxes, region);
    const cut = this.#cutOf(kept, region, depth);
    if (cut) this.#writeCut(at, kept, region, cut, depth);
    else this.#writeLeaf(at, kept);
  }

  /** `undefined`: a leaf is better. */
  #cutOf(boxes: Int32Array, region: Region, depth: number): Cut | undefined {
    const count = boxes.length;
    if (count <= this.#options.leaf) return undefined;
    // The root's step comes before the counted ones.
    if (depth > MAX_STEPS) {
      if (count <= MAX_RECORDS) return undefined;
      throw new TableTooLarge(`more than ${MAX_STEPS} steps`);
    }
    const hurry = 2 ** Math.max(0, depth - this.#options.hurryFrom);
    const cut = this.#chooser.choose(boxes, region, Math.max(4, count * this.#options.budget * hurry));
    if (cut && count <= 2 * this.#options.leaf && cut.expected > 0.8 * count) return undefined;
    return cut;
  }

  #writeCut(at: number, boxes: Int32Array, region: Region, cut: Cut, depth: number): void {
    const { dimension, bits, shift } = cut;
    const { word, bit } = this.#entries.dimensions[dimension] ?? { word: 0, bit: 0 };
    const first = this.#heap.allocate(2 ** bits);
    this.#levels = Math.max(this.#levels, depth + 1);
    this.#heap.set(
      at,
      first | CUT_BIT | ((bit + shift) << SHIFT_BIT),
      this.#lowest(boxes) | (word << (KEY_WORD_BIT - 32)) | (bits << (INDEX_BITS_BIT - 32)),
    );
    const parts = new Parts(this.#entries, boxes, region, cut);
    const inner = this.#regions[depth + 1] ?? new Region(this.#entries);
    for (let part = 0; part < 2 ** bits; part++) {
      const list = parts.list(part);
      if (list.length === 0) continue;
      if (parts.isLikePrevious(part)) {
        this.#heap.copy(first + part - 1, first + part);
        continue;
      }
      inner.copyFrom(region);
      inner.narrow(dimension, part, shift);
      this.#node(first + part, list, inner, depth + 1);
    }
  }

  #writeLeaf(at: number, boxes: Int32Array): void {
    const low = this.#recordsOf(boxes) | (boxes.length << COUNT_BIT);
    this.#heap.set(at, low, this.#lowest(boxes));
  }

  /** Upper half of a word for these boxes; the first has the lowest rule number. */
  #lowest(boxes: Int32Array): number {
    return ((this.#entries.rule[boxes[0] ?? 0] ?? 0) << (LOWEST_BIT - 32)) >>> 0;
  }

  /** Where the records of these boxes lie; equal leaves share them. */
  #recordsOf(boxes: Int32Array): number {
    let hash = boxes.length;
    for (let index = 0; index < boxes.length; index++) hash = (Math.imul(hash, 0x01000193) ^ (boxes[index] ?? 0)) >>> 0;
    const known = this.#leaves.get(hash) ?? [];
    const same = known.find((leaf) => isEqual(leaf.boxes, boxes));
    if (same) return same.at;
    const at = this.#writeRecords(boxes);
    known.push({ boxes: boxes.slice(), at });
    this.#leaves.set(hash, known);
    return at;
  }

  #writeRecords(boxes: Int32Array): number {
    // Records of 32 bytes then never straddle a cache line.
    this.#heap.align(4);
    const words = this.#recordWords;
    const at = this.#heap.allocate(boxes.length * words);
    this.#records += boxes.length;
    for (let index = 0; index < boxes.length; index++) {
      this.#writer.fill(this.#record, boxes[index] ?? 0);
      this.#heap.write(at + index * words, this.#record);
    }
    return at;
  }
}

function isEqual(left: Int32Array, right: Int32Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}
