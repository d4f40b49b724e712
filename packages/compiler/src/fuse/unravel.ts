// Gives the ways that most packets take blocks of their own. Where ways of a parse join, what each knew is lost: a function behind
// would look at everything again. Copies of what is behind the join know it still.
import { at } from '../ir/at.ts';
import { type Graph, graphOf } from '../ir/graph.ts';
import { successorsOf } from '../ir/operands.ts';
import type { BlockId, Program, Terminator } from '../ir/types.ts';
import { type Definitions, instructionsByResult } from '../ir/uses.ts';
import type { Copy } from './copy-blocks.ts';
import { type PullStage, pullStages } from './pull-stages.ts';

/** How unlikely a way is: what each branch adds. */
const COST = { expected: 0, open: 1, miss: 2, unexpected: 12, cut: 20 } as const;

/** What the way to each block costs, if it is the most likely one. */
export function wayCosts(program: Program): readonly number[] {
  const graph = graphOf(program);
  const costOf = edgeCosts(program, pullStages(program));
  const costs = program.blocks.map(() => Number.POSITIVE_INFINITY);
  costs[0] = 0;
  for (const id of graph.order) {
    for (const next of at(graph.successors, id)) {
      const through = at(costs, id) + costOf(id, next);
      if (through < at(costs, next)) costs[next] = through;
    }
  }
  return costs;
}

function edgeCosts(program: Program, stages: readonly PullStage[]): (from: BlockId, to: BlockId) => number {
  const definitions = instructionsByResult(program);
  // Packets that are linear and such that are made so are alike, and both are frequent.
  const even = new Set(stages.flatMap(({ start, inside }) => [start, ...inside]));
  return (from, to) =>
    even.has(from) ? COST.expected : edgeCost(at(program.blocks, from).terminator, to, definitions);
}

function edgeCost(terminator: Terminator, to: BlockId, definitions: Definitions): number {
  if (terminator.op === 'in-packet') return terminator.then === to ? COST.expected : COST.cut;
  if (terminator.op !== 'branch') return COST.expected;
  const { then, likely, condition } = terminator;
  const side = then === to ? 'then' : 'otherwise';
  if (likely !== undefined) return side === likely ? COST.expected : COST.unexpected;
  const compared = definitions[condition];
  const isCompared = compared?.op === 'compare' && (compared.relation === 'eq' || compared.relation === 'ne');
  const found = isCompared ? definitions[compared.left] : undefined;
  if (found?.op === 'call' && found.helper === 'map_lookup_elem') {
    return (side === 'then') === (compared?.op === 'compare' && compared.relation === 'ne') ? COST.open : COST.miss;
  }
  return COST.open;
}

export interface UnravelLimits {
  /** Instructions that copies add. */
  readonly room: number;
  readonly mostCost: number;
}

/** Copies of what is behind joins on the likely ways to these blocks, the likeliest first. `undefined`: there are none. */
export function unravel(
  program: Program,
  targets: readonly BlockId[],
  limits: UnravelLimits,
): readonly Copy[] | undefined {
  const graph = graphOf(program);
  if (graph.order.every((id) => at(graph.predecessors, id).length < 2)) return undefined;
  const wanted = leadingTo(graph, targets);
  const copies = new Choosing(program, graph, wanted, limits).run();
  return copies.length === graph.order.length ? undefined : copies;
}

/** Blocks from which one can get to the targets. */
function leadingTo({ predecessors }: Graph, targets: readonly BlockId[]): ReadonlySet<BlockId> {
  const found = new Set(targets);
  for (const block of found) for (const from of at(predecessors, block)) found.add(from);
  return found;
}

interface OpenEdge {
  readonly from: MutableCopy;
  readonly to: BlockId;
  readonly cost: number;
}

interface MutableCopy {
  readonly of: BlockId;
  readonly to: Map<BlockId, number>;
}

class Choosing {
  readonly #program: Program;
  readonly #graph: Graph;
  readonly #wanted: ReadonlySet<BlockId>;
  readonly #mostCost: number;
  readonly #copies: MutableCopy[] = [];
  /** Of those that have no copy of their own for a way. */
  readonly #common = new Map<BlockId, number>();
  readonly #open: OpenEdge[] = [];
  readonly #costOf: (from: BlockId, to: BlockId) => number;
  /** Where pulling ends. What is behind has one copy, however packets have come there. */
  readonly #ends: ReadonlySet<BlockId>;
  readonly #together = new Map<BlockId, number>();
  #room: number;

  constructor(program: Program, graph: Graph, wanted: ReadonlySet<BlockId>, { room, mostCost }: UnravelLimits) {
    this.#program = program;
    this.#graph = graph;
    this.#wanted = wanted;
    this.#room = room;
    this.#mostCost = mostCost;
    const stages = pullStages(program);
    this.#costOf = edgeCosts(program, stages);
    this.#ends = new Set(stages.map(({ end }) => end));
  }

  run(): readonly Copy[] {
    const enter = (copy: MutableCopy, cost: number) => {
      const { terminator } = at(this.#program.blocks, copy.of);
      for (const to of successorsOf(terminator)) {
        this.#open.push({ from: copy, to, cost: cost + this.#costOf(copy.of, to) });
      }
    };
    enter(this.#add(0), 0);
    for (let next = this.#cheapest(); next !== undefined; next = this.#cheapest()) {
      const { from, to, cost } = next;
      const together = this.#together.get(to);
      if (together !== undefined) {
        from.to.set(to, together);
        continue;
      }
      if (this.#isCopied(to, cost)) {
        const copy = this.#add(to);
        from.to.set(to, this.#copies.length - 1);
        if (this.#ends.has(to)) this.#together.set(to, this.#copies.length - 1);
        enter(copy, cost);
        continue;
      }
      const known = this.#common.get(to);
      if (known !== undefined) from.to.set(to, known);
      else {
        const copy = this.#add(to);
        from.to.set(to, this.#copies.length - 1);
        this.#common.set(to, this.#copies.length - 1);
        enter(copy, Number.POSITIVE_INFINITY);
      }
    }
    return this.#copies;
  }

  #add(of: BlockId): MutableCopy {
    const copy = { of, to: new Map<BlockId, number>() };
    this.#copies.push(copy);
    return copy;
  }

  #cheapest(): OpenEdge | undefined {
    let best = 0;
    for (const [index, { cost }] of this.#open.entries()) if (cost < at(this.#open, best).cost) best = index;
    return this.#open.splice(best, 1)[0];
  }

  #isCopied(to: BlockId, cost: number): boolean {
    if (cost > this.#mostCost || !this.#wanted.has(to) || at(this.#graph.loopDepth, to) > 0) return false;
    if (at(this.#graph.predecessors, to).length < 2) return true;
    const size = at(this.#program.blocks, to).instructions.length + 1;
    if (size > this.#room) return false;
    this.#room -= size;
    return true;
  }
}
