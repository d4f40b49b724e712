import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { withTargets } from '../ir/operands.ts';
import type { Block, BlockId, Program } from '../ir/types.ts';

/** Drops blocks that control never reaches, and phi inputs from blocks that are no predecessors. Renumbers in order. */
export function removeUnreachable(program: Program): Program {
  const { order, predecessors } = graphOf(program);
  if (isTidy(program, order, predecessors)) return program;
  const numbers = new Map(order.map((block, index) => [block, index]));
  const renumber = (block: BlockId) => numbers.get(block) ?? 0;
  const blocks = order.map((old, id): Block => {
    const block = at(program.blocks, old);
    const from = new Set(at(predecessors, old));
    const phis = block.phis.map(({ result, inputs }) => {
      const kept = inputs.filter((input) => from.has(input.block));
      return { result, inputs: kept.map(({ block: source, value }) => ({ block: renumber(source), value })) };
    });
    return { ...block, id, phis, terminator: withTargets(block.terminator, renumber) };
  });
  return { ...program, blocks };
}

function isTidy(
  { blocks }: Program,
  order: readonly BlockId[],
  predecessors: readonly (readonly BlockId[])[],
): boolean {
  if (order.length < blocks.length || order.some((block, index) => block !== index)) return false;
  return blocks.every(({ id, phis }) =>
    phis.every(({ inputs }) => inputs.every(({ block }) => at(predecessors, id).includes(block))),
  );
}
