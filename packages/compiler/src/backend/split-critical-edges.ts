import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { withTargets } from '../ir/operands.ts';
import type { Block, BlockId, Program } from '../ir/types.ts';

/** Puts a block on every edge from a branch to a block with phis and other predecessors: a place for the phi's moves. */
export function splitCriticalEdges(program: Program): Program {
  const { predecessors, successors, order } = graphOf(program);
  const blocks: Block[] = [...program.blocks];
  for (const target of order) {
    const { phis } = at(program.blocks, target);
    const from = at(predecessors, target);
    if (phis.length === 0 || from.length < 2) continue;
    const between = new Map<BlockId, BlockId>();
    for (const source of from) {
      if (at(successors, source).length < 2) continue;
      const id = blocks.length;
      between.set(source, id);
      blocks.push({ id, phis: [], instructions: [], terminator: { op: 'jump', target } });
      const block = at(blocks, source);
      blocks[source] = { ...block, terminator: withTargets(block.terminator, (to) => (to === target ? id : to)) };
    }
    const moved = phis.map(({ result, inputs }) => ({
      result,
      inputs: inputs.map(({ block, value }) => ({ block: between.get(block) ?? block, value })),
    }));
    blocks[target] = { ...at(blocks, target), phis: moved };
  }
  return { ...program, blocks };
}
