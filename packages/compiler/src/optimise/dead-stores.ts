import { graphOf } from '../ir/graph.ts';
import { SlotLiveness } from '../ir/slot-liveness.ts';
import type { Instruction, Program } from '../ir/types.ts';

/** Drops stores to stack bytes that nothing reads before they are stored again or the program ends. */
export function removeDeadStores(program: Program): Program {
  if (program.slots.length === 0) return program;
  const graph = graphOf(program);
  const liveness = new SlotLiveness(program, graph);
  const dead = new Set<Instruction>();
  for (const id of graph.order) {
    const block = program.blocks[id];
    if (block === undefined) continue;
    liveness.walk(block, (instruction, _, after) => {
      if (liveness.isDead(instruction, after)) dead.add(instruction);
    });
  }
  if (dead.size === 0) return program;
  const blocks = program.blocks.map((block) => ({
    ...block,
    instructions: block.instructions.filter((instruction) => !dead.has(instruction)),
  }));
  return { ...program, blocks };
}
