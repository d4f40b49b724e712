import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { withTargets } from '../ir/operands.ts';
import type { BlockId, Program } from '../ir/types.ts';

/** Drops blocks that control never reaches, and phi inputs from blocks that are no predecessors. Renumbers in order. */
export function removeUnreachable(program: Program): Program {
  const { order, predecessors } = graphOf(program);
  const numbers = new Map(order.map((block, index) => [block, index]));
  const renumber = (block: BlockId) => numbers.get(block) ?? 0;
  let changed = order.length < program.blocks.length;
  const blocks = order.map((old, id) => {
    const block = at(program.blocks, old);
    const from = new Set(at(predecessors, old));
    if (id !== old) changed = true;
    const phis = block.phis.map(({ result, inputs }) => {
      const kept = inputs.filter((input) => from.has(input.block));
      if (kept.length < inputs.length) changed = true;
      return { result, inputs: kept.map(({ block: source, value }) => ({ block: renumber(source), value })) };
    });
    return { id, phis, instructions: block.instructions, terminator: withTargets(block.terminator, renumber) };
  });
  return changed ? { ...program, blocks } : program;
}
