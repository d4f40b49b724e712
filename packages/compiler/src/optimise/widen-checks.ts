import { at } from '../ir/at.ts';
import { type Graph, graphOf } from '../ir/graph.ts';
import { hasEffect, successorsOf } from '../ir/operands.ts';
import type { Block, BlockId, Program, Terminator, ValueId } from '../ir/types.ts';

type Check = Extract<Terminator, { op: 'in-packet' }>;

/**
 * Lets the first check of a pointer cover later, larger ones of the same pointer: if every way out in between goes where
 * a failed check goes, with the same values, and nothing in between has an effect, nobody can tell (packet guards).
 */
export function widenChecks(program: Program): Program {
  const graph = graphOf(program);
  const blocks = [...program.blocks];
  let changed = false;
  for (const id of graph.order) {
    const block = at(blocks, id);
    const { terminator: check } = block;
    if (check.op !== 'in-packet' || check.then === check.otherwise) continue;
    const size = largestCovered(program, graph, { id, check });
    if (size <= check.size) continue;
    blocks[id] = { ...block, terminator: { ...check, size } };
    changed = true;
  }
  return changed ? { ...program, blocks } : program;
}

function largestCovered(program: Program, graph: Graph, from: { readonly id: BlockId; readonly check: Check }): number {
  const { check } = from;
  const brought = valuesBrought(program, from.id, check.otherwise);
  let size = check.size;
  for (let [previous, next] = [from.id, check.then]; ; ) {
    const block = at(program.blocks, next);
    if (at(graph.predecessors, next).length !== 1 || next === previous || block.instructions.some(hasEffect))
      return size;
    const { terminator } = block;
    const on = wayOn(block, check.otherwise);
    if (on === undefined) return size;
    const leaves = successorsOf(terminator).includes(check.otherwise);
    if (leaves && valuesBrought(program, next, check.otherwise) !== brought) return size;
    if (terminator.op === 'in-packet' && samePlace(terminator, check)) size = Math.max(size, terminator.size);
    [previous, next] = [next, on];
  }
}

const samePlace = (one: Check, other: Check): boolean =>
  one.pointer === other.pointer && one.epoch === other.epoch && one.otherwise === other.otherwise;

/** The one successor that is not the exit. */
function wayOn({ terminator }: Block, exit: BlockId): BlockId | undefined {
  const ways = successorsOf(terminator).filter((target) => target !== exit);
  return ways.length === 1 ? ways[0] : undefined;
}

/** The inputs that an edge brings to the phis of its target, as text. */
function valuesBrought(program: Program, from: BlockId, to: BlockId): string {
  const inputOf = (inputs: readonly { readonly block: BlockId; readonly value: ValueId }[]) =>
    inputs.find(({ block }) => block === from)?.value;
  return at(program.blocks, to)
    .phis.map(({ inputs }) => inputOf(inputs))
    .join();
}
