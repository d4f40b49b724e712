import { type Flow, successorsOf } from './blocks.ts';

/** What structured code needs to know of a flow. */
export interface Dominance {
  /** Blocks whose immediate dominator is this one, in reverse postorder. */
  readonly children: readonly (readonly number[])[];
  /** Blocks that several branches reach from in front. */
  readonly merges: ReadonlySet<number>;
  /** Blocks that branches come back to. */
  readonly loopHeads: ReadonlySet<number>;
  /** Every loop is entered by its head only. */
  readonly reducible: boolean;
}

export function dominance({ blocks }: Flow): Dominance {
  const predecessors: number[][] = blocks.map(() => []);
  for (const [from, { end }] of blocks.entries()) for (const to of successorsOf(end)) predecessors[to]?.push(from);
  const parents = immediateDominators(predecessors);
  const children: number[][] = blocks.map(() => []);
  for (const [block, parent] of parents.entries()) if (block > 0) children[parent]?.push(block);
  const merges = new Set<number>();
  const loopHeads = new Set<number>();
  let reducible = true;
  for (const [block, sources] of predecessors.entries()) {
    if (sources.filter((from) => from < block).length > 1) merges.add(block);
    for (const from of sources.filter((one) => one >= block)) {
      loopHeads.add(block);
      reducible &&= dominates(parents, block, from);
    }
  }
  return { children, merges, loopHeads, reducible };
}

/** Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm. Blocks are numbered in reverse postorder. */
function immediateDominators(predecessors: readonly (readonly number[])[]): readonly number[] {
  const parents: number[] = predecessors.map(() => -1);
  parents[0] = 0;
  const meet = (a: number, b: number): number => {
    let [left, right] = [a, b];
    while (left !== right) {
      if (left > right) left = parents[left] ?? 0;
      else right = parents[right] ?? 0;
    }
    return left;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let block = 1; block < predecessors.length; block++) {
      const known = (predecessors[block] ?? []).filter((from) => (parents[from] ?? -1) >= 0);
      const parent = known.reduce(meet);
      changed ||= parents[block] !== parent;
      parents[block] = parent;
    }
  }
  return parents;
}

function dominates(parents: readonly number[], dominator: number, block: number): boolean {
  let at = block;
  while (at > dominator) at = parents[at] ?? 0;
  return at === dominator;
}
