import { type Cut, CutChooser } from './cut.ts';
import type { Entries } from './entries.ts';
import { hashOf, indexBitsFor, MOST_HASHED, type RootHash } from './hash-root.ts';
import { Heap } from './heap.ts';
import {
  CUT_BIT,
  EMPTY_LEAF,
  KEY_WORD_BIT,
  LEFT_BIT,
  LOWEST_BIT,
  MAX_RECORDS,
  MAX_STEPS,
  NO_BITS,
  RIGHT_BIT,
} from './layout.ts';
import { Parts } from './parts.ts';
import { prune } from './prune.ts';
import type { RecordWriter } from './record-writer.ts';
import { Region } from './region.ts';
import { TreeTooLarge } from './tree-too-large.ts';

export interface TreeOptions {
  /** No more cuts at so many rules. */
  readonly leaf: number;
  /** Copies and children of one cut, as a multiple of its rules. */
  readonly budget: number;
  /** From this depth on cuts get wider with every step, so that deep nests end before MAX_STEPS. */
  readonly hurryFrom: number;
}

/** What trees' sizes and records' positions are multiples of. */
export const TREE_WORDS = 4;

/** What one tree may take. */
export interface TreeLimits {
  readonly bytes: number;
  /** Comparisons of a rule with a region, over all cuts. */
  readonly work: number;
}

/** The tree of some rules of one family. */
export interface Tree {
  /** What positions in its words count from. */
  readonly at: number;
  /** The first word is the root; none: no rules. */
  readonly halves: Uint32Array<ArrayBuffer>;
  /** Which of its words are cuts and leaves, from its first on. */
  readonly nodes: Uint32Array;
  /** Where its records have their low ends. */
  readonly records: Uint32Array;
  /** Most cuts on a way from the root to a leaf. */
  readonly levels: number;
  /** Comparisons that it took. */
  readonly work: number;
}

const NOTHING = new Uint32Array();
const EMPTY: Tree = { at: 0, halves: NOTHING, nodes: NOTHING, records: NOTHING, levels: 0, work: 0 };

interface NodeWord {
  /** In bytes. */
  readonly offset: number;
  readonly isCut: boolean;
  readonly left?: number;
  /** Of a leaf: how many records it has. */
  readonly right: number;
  /** Of a cut the key's word, of a hash root what the product is shifted by. */
  readonly above?: number;
  /** The box with the lowest rule number below: the first, as boxes are in rule order. */
  readonly lowest: number;
}

/** @throws TreeTooLarge */
export function buildTree(
  entries: Entries,
  writer: RecordWriter,
  options: TreeOptions,
  limits: TreeLimits,
  hash?: RootHash,
): Tree {
  return new TreeBuilder(entries, writer, options, limits).build(hash);
}

class TreeBuilder {
  readonly #heap: Heap;
  readonly #entries: Entries;
  readonly #options: TreeOptions;
  readonly #limits: TreeLimits;
  readonly #chooser: CutChooser;
  readonly #writer: RecordWriter;
  readonly #record: Uint32Array;
  /** One for each depth: children are built one after the other. */
  readonly #regions: Region[];
  readonly #leaves = new Map<number, { readonly boxes: Int32Array; readonly at: number }[]>();
  readonly #nodes: number[] = [];
  readonly #records: number[] = [];
  #levels = 0;
  #work = 0;

  constructor(entries: Entries, writer: RecordWriter, options: TreeOptions, limits: TreeLimits) {
    this.#heap = new Heap();
    this.#entries = entries;
    this.#options = options;
    this.#limits = limits;
    this.#chooser = new CutChooser(entries);
    this.#writer = writer;
    this.#record = new Uint32Array(2 * writer.words);
    this.#regions = Array.from({ length: MAX_STEPS + 2 }, () => new Region(entries));
  }

  /** `hash`: of the root of a tree of narrow prefixes. */
  build(hash?: RootHash): Tree {
    if (this.#entries.count === 0) return EMPTY;
    const root = this.#heap.allocate(1);
    const region = new Region(this.#entries);
    const all = Int32Array.from({ length: this.#entries.count }, (_, box) => box);
    if (hash) this.#writeHashRoot(root, all, region, hash);
    else this.#writeRoot(root, prune(this.#entries, all, region), region);
    this.#heap.align(TREE_WORDS);
    return {
      at: 0,
      halves: this.#heap.halves,
      nodes: Uint32Array.from(this.#nodes),
      records: Uint32Array.from(this.#records),
      levels: this.#levels,
      work: this.#work,
    };
  }

  /** The walk takes the root's step unasked. */
  #writeRoot(root: number, boxes: Int32Array, region: Region): void {
    const cut = this.#cutOf(boxes, region, 0);
    if (cut) {
      this.#writeCut(root, boxes, region, cut, 0);
      return;
    }
    const child = this.#heap.allocate(1);
    this.#writeLeaf(child, boxes);
    this.#set(root, { offset: 8 * child, isCut: true, right: NO_BITS, lowest: boxes[0] ?? 0 });
  }

  #writeHashRoot(root: number, boxes: Int32Array, region: Region, { prefix, length }: RootHash): void {
    const bits = indexBitsFor(boxes.length);
    const first = this.#children(2 ** bits);
    const [high, low] = this.#entries.dimensions.flatMap(({ prefix: of }, dimension) =>
      of === prefix ? [this.#entries.low[dimension]] : [],
    );
    const parts = new Map<number, number[]>();
    for (const box of boxes) {
      const part = hashOf(high?.[box] ?? 0, low?.[box] ?? 0, length) >>> (32 - bits);
      const known = parts.get(part);
      if (known) known.push(box);
      else parts.set(part, [box]);
    }
    this.#levels = 1;
    const left = (this.#entries.dimensions.find(({ prefix: of }) => of === prefix)?.word ?? 0) & 1 ? 0 : 32;
    this.#set(root, {
      offset: 8 * first,
      isCut: true,
      left,
      right: MOST_HASHED - length,
      above: 29 - bits,
      lowest: boxes[0] ?? 0,
    });
    const inner = new Region(this.#entries);
    for (const [part, list] of parts) {
      inner.copyFrom(region);
      this.#node(first + part, Int32Array.from(list), inner, 1);
    }
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
      throw this.#tooLarge(`more than ${MAX_STEPS} steps`, boxes, region);
    }
    this.#work += count;
    if (this.#work > this.#limits.work) throw this.#tooLarge('too many copies of rules', boxes, region);
    if (8 * this.#heap.length > this.#limits.bytes) {
      throw this.#tooLarge(`more than ${this.#limits.bytes} bytes`, boxes, region);
    }
    const hurry = 2 ** Math.max(0, depth - this.#options.hurryFrom);
    const cut = this.#chooser.choose(boxes, region, Math.max(4, count * this.#options.budget * hurry));
    const most = Math.min(2 * this.#options.leaf, MAX_RECORDS);
    if (cut && count <= most && cut.expected > 0.8 * count) return undefined;
    return cut;
  }

  #writeCut(at: number, boxes: Int32Array, region: Region, cut: Cut, depth: number): void {
    const { dimension, bits, shift } = cut;
    const { word, bit } = this.#entries.dimensions[dimension] ?? { word: 0, bit: 0 };
    const first = this.#children(2 ** bits);
    this.#levels = Math.max(this.#levels, depth + 1);
    this.#set(at, {
      offset: 8 * first,
      isCut: true,
      left: 64 - (32 * (word & 1) + bit + shift + bits),
      // The lowest three bits of an offset do not count.
      right: 61 - bits,
      above: word >> 1,
      lowest: boxes[0] ?? 0,
    });
    const parts = new Parts(this.#entries, boxes, region, cut);
    const inner = this.#regions[depth + 1] ?? new Region(this.#entries);
    for (let part = 0; part < 2 ** bits; part++) {
      const list = parts.list(part);
      if (list.length === 0) continue;
      if (parts.isLikePrevious(part)) {
        this.#heap.copy(first + part - 1, first + part);
        this.#nodes.push(first + part);
        continue;
      }
      inner.copyFrom(region);
      inner.narrow(dimension, part, shift);
      this.#node(first + part, list, inner, depth + 1);
    }
  }

  #writeLeaf(at: number, boxes: Int32Array): void {
    this.#set(at, { offset: 8 * this.#recordsOf(boxes), isCut: false, right: boxes.length, lowest: boxes[0] ?? 0 });
  }

  #children(count: number): number {
    return this.#heap.allocateFilled(count, 0, EMPTY_LEAF);
  }

  #set(at: number, { offset, isCut, left = 0, right, above = 0, lowest }: NodeWord): void {
    this.#nodes.push(at);
    const low = offset | (isCut ? CUT_BIT : 0) | (left << LEFT_BIT);
    const high =
      (left >>> (32 - LEFT_BIT)) | (right << (RIGHT_BIT - 32)) | (above << (KEY_WORD_BIT - 32)) | this.#lowest(lowest);
    this.#heap.set(at, low >>> 0, high >>> 0);
  }

  /** In place in the upper half of a word: the number of the box's rule. */
  #lowest(box: number): number {
    return (this.#entries.rule[box] ?? 0) << (LOWEST_BIT - 32);
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
    this.#heap.align(TREE_WORDS);
    const { words } = this.#writer;
    const at = this.#heap.allocate(boxes.length * words);
    for (let index = 0; index < boxes.length; index++) {
      const record = at + index * words;
      this.#writer.fill(this.#record, boxes[index] ?? 0);
      this.#heap.write(record, this.#record);
      this.#records.push(record + words - 2);
    }
    return at;
  }

  #tooLarge(what: string, boxes: Int32Array, region: Region): TreeTooLarge {
    const rules = new Set(Array.from(boxes, (box) => this.#entries.rule[box] ?? 0));
    const words = this.#entries.dimensions.filter((_, dimension) =>
      boxes.some((box) => !region.covers(this.#entries, dimension, box)),
    );
    return new TreeTooLarge(what, [...rules], words);
  }
}

function isEqual(left: Int32Array, right: Int32Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}
