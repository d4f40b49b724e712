import { withOperands, withTerminatorOperands } from '../ir/operands.ts';
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

export function substituteInBlock(block: Block, resolve: (value: ValueId) => ValueId): Block {
  return {
    id: block.id,
    phis: block.phis.map(({ result, inputs }) => ({
      result,
      inputs: inputs.map((input) => ({ block: input.block, value: resolve(input.value) })),
    })),
    instructions: block.instructions.map((instruction) => withOperands(instruction, resolve)),
    terminator: withTerminatorOperands(block.terminator, resolve),
  };
}
