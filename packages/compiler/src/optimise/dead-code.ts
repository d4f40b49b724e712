import { hasEffect, mapped, operandsOf, resultOf, terminatorOperands } from '../ir/operands.ts';
import type { Instruction, Phi, Program, ValueId } from '../ir/types.ts';

/** Drops instructions and phis that nothing with an effect depends on. */
export function removeDeadCode(program: Program): Program {
  const live = liveValues(program);
  const blocks = mapped(program.blocks, (block) => {
    const phis = kept(block.phis, (phi) => live[phi.result] === 1);
    const instructions = kept(block.instructions, (instruction) => {
      const result = resultOf(instruction);
      return hasEffect(instruction) || (result !== undefined && live[result] === 1);
    });
    return phis === block.phis && instructions === block.instructions ? block : { ...block, phis, instructions };
  });
  return blocks === program.blocks ? program : { ...program, blocks };
}

/** The same list if all of it is wanted. */
function kept<T>(items: readonly T[], wanted: (item: T) => boolean): readonly T[] {
  return items.every(wanted) ? items : items.filter(wanted);
}

/** A one for each value that is. */
function liveValues(program: Program): Uint8Array {
  const live = new Uint8Array(program.values.length);
  const open: ValueId[] = [];
  const use = (value: ValueId) => {
    if (live[value] === 1) return;
    live[value] = 1;
    open.push(value);
  };
  // Whatever looks at the packet's bounds reads the context.
  use(program.context);
  const sources = new Array<Instruction | Phi | undefined>(program.values.length);
  for (const { phis, instructions, terminator } of program.blocks) {
    for (const phi of phis) sources[phi.result] = phi;
    for (const instruction of instructions) {
      if (instruction.op !== 'store') sources[instruction.result] = instruction;
      if (hasEffect(instruction)) for (const operand of operandsOf(instruction)) use(operand);
    }
    for (const operand of terminatorOperands(terminator)) use(operand);
  }
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const source = sources[value];
    if (source === undefined) continue;
    if ('op' in source) for (const operand of operandsOf(source)) use(operand);
    else for (const input of source.inputs) use(input.value);
  }
  return live;
}
