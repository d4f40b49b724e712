import { at } from './at.ts';
import type { Graph } from './graph.ts';
import { operandsOf, resultOf } from './operands.ts';
import type { Program, ValueId } from './types.ts';

/** Values that may differ from one round of a loop to the next: phis at loop heads and all that is computed from them. */
export function loopCarried(program: Program, graph: Graph): ReadonlySet<ValueId> {
  const carried = new Set<ValueId>();
  for (const header of graph.loopHeaders) for (const { result } of at(program.blocks, header).phis) carried.add(result);
  if (carried.size === 0) return carried;
  for (let before = -1; before !== carried.size; ) {
    before = carried.size;
    for (const id of graph.order) {
      const { phis, instructions } = at(program.blocks, id);
      for (const { result, inputs } of phis) if (inputs.some(({ value }) => carried.has(value))) carried.add(result);
      for (const instruction of instructions) {
        const result = resultOf(instruction);
        if (result !== undefined && operandsOf(instruction).some((operand) => carried.has(operand)))
          carried.add(result);
      }
    }
  }
  return carried;
}
