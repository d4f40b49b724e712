import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { withTargets } from '../ir/operands.ts';
import type { Block, BlockId, Phi, Program } from '../ir/types.ts';
import { removeUnreachable } from './remove-unreachable.ts';

/** Makes one block of two that always follow each other, and lets edges pass by blocks that only jump on. */
export function joinBlocks(program: Program): Program {
  const joined = bypassEmpty(appendFollowers(program));
  return joined === program ? program : removeUnreachable(joined);
}

function appendFollowers(program: Program): Program {
  const { order, predecessors } = graphOf(program);
  const blocks = new Map<BlockId, Block>(order.map((id) => [id, at(program.blocks, id)]));
  const moved = new Map<BlockId, BlockId>();
  for (const id of order) {
    let block = blocks.get(id);
    while (block?.terminator.op === 'jump') {
      const target = block.terminator.target;
      const next = blocks.get(target);
      if (next === undefined || target === 0 || target === id) break;
      if (at(predecessors, target).length !== 1 || next.phis.length > 0) break;
      block = { ...block, instructions: [...block.instructions, ...next.instructions], terminator: next.terminator };
      blocks.set(id, block);
      blocks.delete(target);
      moved.set(target, id);
    }
  }
  if (moved.size === 0) return program;
  const home = (id: BlockId): BlockId => {
    const into = moved.get(id);
    return into === undefined ? id : home(into);
  };
  return {
    ...program,
    blocks: program.blocks.map((old): Block => {
      const block = blocks.get(old.id) ?? old;
      const phis = block.phis.map(({ result, inputs }) => ({
        result,
        inputs: inputs.map((input) => ({ block: home(input.block), value: input.value })),
      }));
      return { ...block, phis };
    }),
  };
}

/** A block without content can go if its predecessors do not reach its successor already with other phi inputs. */
function bypassEmpty(program: Program): Program {
  const graph = graphOf(program);
  const blocks = [...program.blocks];
  const predecessors = graph.predecessors.map((from) => new Set(from));
  let changed = false;
  for (const id of graph.order) {
    const { phis, instructions, terminator } = at(blocks, id);
    if (id === 0 || terminator.op !== 'jump' || phis.length + instructions.length > 0) continue;
    const target = at(blocks, terminator.target);
    if (target.id === id) continue;
    const from = at(predecessors, id);
    const already = at(predecessors, target.id);
    if (target.phis.length > 0 && !from.isDisjointFrom(already)) continue;
    for (const source of from) {
      const block = at(blocks, source);
      blocks[source] = { ...block, terminator: withTargets(block.terminator, (to) => (to === id ? target.id : to)) };
      already.add(source);
    }
    already.delete(id);
    predecessors[id] = new Set();
    const moved = at(blocks, target.id);
    blocks[target.id] = { ...moved, phis: moved.phis.map((phi) => movedInputs(phi, id, from)) };
    changed = true;
  }
  return changed ? { ...program, blocks } : program;
}

function movedInputs({ result, inputs }: Phi, block: BlockId, to: ReadonlySet<BlockId>): Phi {
  const moved = inputs.flatMap((input) =>
    input.block === block ? [...to].map((source) => ({ block: source, value: input.value })) : [input],
  );
  return { result, inputs: moved };
}
