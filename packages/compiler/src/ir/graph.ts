// Facts of the control-flow graph: predecessors, order, dominators, loops.

import { at } from './at.ts';
import { oncePerProgram } from './once-per-program.ts';
import { successorsOf } from './operands.ts';
import type { Block, BlockId, Program } from './types.ts';

export interface Graph {
  /** Reachable predecessors of each block, each once. */
  readonly predecessors: readonly (readonly BlockId[])[];
  readonly successors: readonly (readonly BlockId[])[];
  /** Reachable blocks, each before its successors except along back edges. */
  readonly order: readonly BlockId[];
  /** Nearest dominator; the entry is its own, unreachable blocks have -1. */
  readonly dominator: readonly BlockId[];
  /** Blocks whose nearest dominator this is. */
  readonly dominated: readonly (readonly BlockId[])[];
  /** How many loops a block lies in. */
  readonly loopDepth: readonly number[];
  readonly loopHeaders: ReadonlySet<BlockId>;
  dominates(above: BlockId, below: BlockId): boolean;
}

export const graphOf: (program: Program) => Graph = oncePerProgram(({ blocks }) => {
  // Most passes leave the control flow as it was.
  if (latest === undefined || !isGraphOf(latest, blocks)) {
    latest = graphOfSuccessors(blocks.map(({ terminator }) => successorsOf(terminator)));
  }
  return latest;
});

let latest: Graph | undefined;

function isGraphOf({ successors }: Graph, blocks: readonly Block[]): boolean {
  if (successors.length !== blocks.length) return false;
  return blocks.every(({ terminator }, id) => {
    const [first, second] = at(successors, id);
    if (terminator.op === 'return') return first === undefined;
    if (terminator.op === 'jump') return first === terminator.target && second === undefined;
    return first === terminator.then && (second ?? first) === terminator.otherwise;
  });
}

/** The graph of any control flow whose entry is block 0. */
export function graphOfSuccessors(successors: readonly (readonly BlockId[])[]): Graph {
  return new Flow(successors);
}

/** Dominators and loops are found when they are asked for: passes that tidy up need the order alone. */
class Flow implements Graph {
  readonly successors: readonly (readonly BlockId[])[];
  readonly predecessors: readonly (readonly BlockId[])[];
  readonly order: readonly BlockId[];
  #dominator: readonly BlockId[] | undefined;
  #dominated: readonly (readonly BlockId[])[] | undefined;
  #dominates: Graph['dominates'] | undefined;
  #loops: ReturnType<typeof loops> | undefined;

  constructor(successors: readonly (readonly BlockId[])[]) {
    this.successors = successors;
    this.order = reversePostorder(successors);
    const predecessors: BlockId[][] = successors.map(() => []);
    for (const block of this.order) for (const next of at(successors, block)) at(predecessors, next).push(block);
    this.predecessors = predecessors;
  }

  get dominator(): readonly BlockId[] {
    this.#dominator ??= dominators(this.order, this.predecessors);
    return this.#dominator;
  }

  get dominated(): readonly (readonly BlockId[])[] {
    if (this.#dominated !== undefined) return this.#dominated;
    const dominated: BlockId[][] = this.successors.map(() => []);
    for (const block of this.order) if (block !== 0) at(dominated, at(this.dominator, block)).push(block);
    this.#dominated = dominated;
    return dominated;
  }

  dominates(above: BlockId, below: BlockId): boolean {
    this.#dominates ??= intervals(this.dominated);
    return this.#dominates(above, below);
  }

  get loopDepth(): readonly number[] {
    return this.#allLoops().loopDepth;
  }

  get loopHeaders(): ReadonlySet<BlockId> {
    return this.#allLoops().loopHeaders;
  }

  #allLoops(): ReturnType<typeof loops> {
    this.#loops ??= loops(this.order, this.predecessors, (above, below) => this.dominates(above, below));
    return this.#loops;
  }
}

function reversePostorder(successors: readonly (readonly BlockId[])[]): BlockId[] {
  const order: BlockId[] = [];
  const seen = new Uint8Array(successors.length);
  seen[0] = 1;
  const path: { readonly block: BlockId; next: number }[] = [{ block: 0, next: 0 }];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const to = at(successors, top.block)[top.next++];
    if (to === undefined) {
      order.push(top.block);
      path.pop();
    } else if (seen[to] === 0) {
      seen[to] = 1;
      path.push({ block: to, next: 0 });
    }
  }
  return order.reverse();
}

/** Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm". */
function dominators(order: readonly BlockId[], predecessors: readonly (readonly BlockId[])[]): BlockId[] {
  const position = new Int32Array(predecessors.length).fill(-1);
  order.forEach((block, index) => {
    position[block] = index;
  });
  const dominator = new Array<BlockId>(predecessors.length).fill(-1);
  dominator[0] = 0;
  const meet = (left: BlockId, right: BlockId): BlockId => {
    let [a, b] = [left, right];
    while (a !== b) {
      while (at(position, a) > at(position, b)) a = at(dominator, a);
      while (at(position, b) > at(position, a)) b = at(dominator, b);
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of order) {
      if (block === 0) continue;
      let found = -1;
      for (const from of at(predecessors, block)) {
        if (at(dominator, from) >= 0) found = found < 0 ? from : meet(found, from);
      }
      if (dominator[block] !== found) {
        dominator[block] = found;
        changed = true;
      }
    }
  }
  return dominator;
}

/** Dominance as nesting of depth-first intervals. */
function intervals(dominated: readonly (readonly BlockId[])[]): (above: BlockId, below: BlockId) => boolean {
  const enter = new Array<number>(dominated.length).fill(-1);
  const leave = new Array<number>(dominated.length).fill(-1);
  let clock = 0;
  const path: { readonly block: BlockId; next: number }[] = [{ block: 0, next: 0 }];
  enter[0] = clock++;
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const to = at(dominated, top.block)[top.next++];
    if (to === undefined) {
      leave[top.block] = clock++;
      path.pop();
    } else {
      enter[to] = clock++;
      path.push({ block: to, next: 0 });
    }
  }
  return (above, below) => at(enter, above) <= at(enter, below) && at(leave, below) <= at(leave, above);
}

function loops(
  order: readonly BlockId[],
  predecessors: readonly (readonly BlockId[])[],
  dominates: (above: BlockId, below: BlockId) => boolean,
): { loopDepth: number[]; loopHeaders: Set<BlockId> } {
  const loopDepth = predecessors.map(() => 0);
  const loopHeaders = new Set<BlockId>();
  for (const header of order) {
    const body = new Set<BlockId>();
    const open = at(predecessors, header).filter((from) => dominates(header, from));
    if (open.length === 0) continue;
    loopHeaders.add(header);
    for (let block = open.pop(); block !== undefined; block = open.pop()) {
      if (body.has(block)) continue;
      body.add(block);
      if (block !== header) open.push(...at(predecessors, block));
    }
    for (const block of body) loopDepth[block] = at(loopDepth, block) + 1;
  }
  return { loopDepth, loopHeaders };
}
