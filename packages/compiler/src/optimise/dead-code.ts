import { hasEffect, mapped, operandsOf, resultOf, terminatorOperands } from '../ir/operands.ts';
import type { Program, ValueId } from '../ir/types.ts';
import { definitionsOf } from '../ir/uses.ts';

/** Drops instructions and phis that nothing with an effect depends on. */
export function removeDeadCode(program: Program): Program {
  const live = liveValues(program);
  const blocks = mapped(program.blocks, (block) => {
    const phis = kept(block.phis, (phi) => live.has(phi.result));
    const instructions = kept(block.instructions, (instruction) => {
      const result = resultOf(instruction);
      return hasEffect(instruction) || (result !== undefined && live.has(result));
    });
    return phis === block.phis && instructions === block.instructions ? block : { ...block, phis, instructions };
  });
  return blocks === program.blocks ? program : { ...program, blocks };
}

/** The same list if all of it is wanted. */
function kept<T>(items: readonly T[], wanted: (item: T) => boolean): readonly T[] {
  return items.every(wanted) ? items : items.filter(wanted);
}

function liveValues(program: Program): ReadonlySet<ValueId> {
  const definitions = definitionsOf(program);
  const live = new Set<ValueId>();
  const open: ValueId[] = [];
  const use = (value: ValueId) => {
    if (live.has(value)) return;
    live.add(value);
    open.push(value);
  };
  // Whatever looks at the packet's bounds reads the context.
  use(program.context);
  for (const { instructions, terminator } of program.blocks) {
    for (const instruction of instructions) if (hasEffect(instruction)) operandsOf(instruction).forEach(use);
    terminatorOperands(terminator).forEach(use);
  }
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const definition = definitions.get(value);
    if (definition?.kind === 'phi') for (const input of definition.phi.inputs) use(input.value);
    if (definition?.kind === 'instruction') operandsOf(definition.instruction).forEach(use);
  }
  return live;
}
