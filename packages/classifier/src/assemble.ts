import {
  CUT_BIT,
  EMPTY_LEAF,
  firstRoot,
  HASH_SHIFT_BIT,
  LOWEST_BIT,
  NO_BITS,
  NO_HASH,
  OFFSET_MASK,
  PRODUCT_WORD,
  RIGHT_BIT,
  RULE_HALF_BITS,
  treesBit,
} from './layout.ts';
import type { Tree } from './tree.ts';
import type { TreeName } from './tree-of.ts';

/** Rules from number `from` on have got the number `by` higher since a tree was built. */
export interface Renumbering {
  readonly from: number;
  readonly by: number;
}

export interface Planted {
  readonly name: TreeName;
  readonly tree: Tree;
  readonly renumbering?: Renumbering;
}

export interface Assembled {
  readonly table: Uint8Array<ArrayBuffer>;
  /** In the same order, as they lie in the table. */
  readonly trees: readonly Tree[];
}

/** One table of all trees, without gaps. `head`: what `headTables` gives. */
export function assemble(head: Uint32Array, planted: readonly Planted[]): Assembled {
  const length = planted.reduce((sum, { tree }) => sum + tree.halves.length, head.length);
  const halves = new Uint32Array(length);
  halves.set(head);
  let at = head.length / 2;
  const trees = planted.map(({ name, tree, renumbering }) => {
    const placed = place(halves, at, tree);
    if (renumbering !== undefined && renumbering.by !== 0) renumber(placed, renumbering);
    const root = firstRoot(name.family) + name.number;
    if (placed.halves.length > 0) halves[PRODUCT_HALF] = (halves[PRODUCT_HALF] ?? 0) | treesBit(name.family);
    halves.set(placed.halves.length === 0 ? EMPTY_ROOT : placed.halves.subarray(0, 2), 2 * root);
    at += tree.halves.length / 2;
    return placed;
  });
  return { table: new Uint8Array(halves.buffer), trees };
}

/** Where families that have trees are marked. */
const PRODUCT_HALF = 2 * PRODUCT_WORD + 1;
/** In the upper half of a cut or leaf word. */
const NUMBER_SHIFT = LOWEST_BIT - 32;
const LANES_SHIFT = 32 - RULE_HALF_BITS;
const HALF_MASK = 2 ** RULE_HALF_BITS - 1;
/** Leads to word 0, the empty leaf: of what it hashes or takes of a key nothing counts. */
const EMPTY_ROOT = [CUT_BIT, (EMPTY_LEAF | (NO_BITS << (RIGHT_BIT - 32)) | (NO_HASH << (HASH_SHIFT_BIT - 32))) >>> 0];

function place(table: Uint32Array<ArrayBuffer>, at: number, tree: Tree): Tree {
  const halves = table.subarray(2 * at, 2 * at + tree.halves.length);
  halves.set(tree.halves);
  const by = 8 * (at - tree.at);
  for (const node of tree.nodes) {
    const low = halves[2 * node] ?? 0;
    halves[2 * node] = (low & ~OFFSET_MASK) | ((low & OFFSET_MASK) + by);
  }
  return { ...tree, at, halves };
}

function renumber({ halves, nodes, records }: Tree, { from, by }: Renumbering): void {
  for (const node of nodes) {
    const high = halves[2 * node + 1] ?? 0;
    const number = high >>> NUMBER_SHIFT;
    if (number >= from) halves[2 * node + 1] = (high & (2 ** NUMBER_SHIFT - 1)) | ((number + by) << NUMBER_SHIFT);
  }
  for (const record of records) {
    const low = halves[2 * record + 1] ?? 0;
    const high = halves[2 * record + 3] ?? 0;
    const number = (low >>> LANES_SHIFT) | ((high >>> LANES_SHIFT) << RULE_HALF_BITS);
    if (number < from) continue;
    const next = number + by;
    halves[2 * record + 1] = (low & (2 ** LANES_SHIFT - 1)) | ((next & HALF_MASK) << LANES_SHIFT);
    halves[2 * record + 3] = (high & (2 ** LANES_SHIFT - 1)) | ((next >>> RULE_HALF_BITS) << LANES_SHIFT);
  }
}
