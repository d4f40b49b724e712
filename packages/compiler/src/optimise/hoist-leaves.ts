import { at } from '../ir/at.ts';
import type { Block, Instruction, Program, ValueId } from '../ir/types.ts';
import { substitute } from './substitute.ts';

/**
 * Puts constants, relocated numbers, stack addresses and maps at the head of the entry, each once. The code generator makes them anew at
 * every use, so this costs nothing, and blocks that differed only in where a constant stands become equal or empty.
 */
export function hoistLeaves(program: Program): Program {
  const leaves = new Map<string, Instruction>();
  const replacements = new Map<ValueId, ValueId>();
  let misplaced = false;
  for (const { id, instructions } of program.blocks) {
    instructions.forEach((instruction, index) => {
      const key = leafKey(instruction);
      if (key === undefined || instruction.op === 'store') return;
      if (id !== 0 || index !== leaves.size) misplaced = true;
      const known = leaves.get(key);
      if (known === undefined) leaves.set(key, instruction);
      else if (known.op !== 'store') replacements.set(instruction.result, known.result);
    });
  }
  if (!misplaced && replacements.size === 0) return program;
  const blocks = program.blocks.map((block): Block => {
    const rest = block.instructions.filter((instruction) => leafKey(instruction) === undefined);
    return { ...block, instructions: block === at(program.blocks, 0) ? [...leaves.values(), ...rest] : rest };
  });
  return substitute({ ...program, blocks }, replacements);
}

function leafKey(instruction: Instruction): string | undefined {
  switch (instruction.op) {
    case 'constant':
      return `constant ${instruction.value}`;
    case 'relocation':
      return `relocation ${instruction.width} ${instruction.name}`;
    case 'stack':
      return `stack ${instruction.slot}`;
    case 'map':
      return `map ${instruction.name}`;
    default:
      return undefined;
  }
}
