import { mapped, withOperands, withTerminatorOperands } from '../ir/operands.ts';
import type { Block, Program, ValueId } from '../ir/types.ts';

/** Follows replacements of replacements. */
export function resolver(replacements: ReadonlyMap<ValueId, ValueId>): (value: ValueId) => ValueId {
  return (value) => {
    let current = value;
    for (let next = replacements.get(current); next !== undefined; next = replacements.get(current)) current = next;
    return current;
  };
}

/** Reads the replacement wherever a value was read. Definitions stay. */
export function substitute(program: Program, replacements: ReadonlyMap<ValueId, ValueId>): Program {
  if (replacements.size === 0) return program;
  const resolve = resolver(replacements);
  return { ...program, blocks: program.blocks.map((block) => substituteInBlock(block, resolve)) };
}

/** The same block if it reads none of what is replaced. */
export function substituteInBlock(block: Block, resolve: (value: ValueId) => ValueId): Block {
  const phis = mapped(block.phis, (phi) => {
    const inputs = mapped(phi.inputs, (input) => {
      const value = resolve(input.value);
      return value === input.value ? input : { block: input.block, value };
    });
    return inputs === phi.inputs ? phi : { result: phi.result, inputs };
  });
  const instructions = mapped(block.instructions, (instruction) => withOperands(instruction, resolve));
  const terminator = withTerminatorOperands(block.terminator, resolve);
  const isSame = phis === block.phis && instructions === block.instructions && terminator === block.terminator;
  return isSame ? block : { id: block.id, phis, instructions, terminator };
}
