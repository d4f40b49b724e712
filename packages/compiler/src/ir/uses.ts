// Where each value is defined and how often it is read.

import { oncePerProgram } from './once-per-program.ts';
import { operandsOf, resultOf, terminatorOperands } from './operands.ts';
import { type BlockId, type Instruction, type Phi, parametersOf, type ValueId } from './types.ts';

export type Definition =
  | { readonly kind: 'parameter' }
  | { readonly kind: 'phi'; readonly block: BlockId; readonly phi: Phi }
  | {
      readonly kind: 'instruction';
      readonly block: BlockId;
      readonly index: number;
      readonly instruction: Instruction;
    };

export const definitionsOf = oncePerProgram((program): ReadonlyMap<ValueId, Definition> => {
  const definitions = new Map<ValueId, Definition>(
    parametersOf(program).map((value) => [value, { kind: 'parameter' }]),
  );
  for (const { id: block, phis, instructions } of program.blocks) {
    for (const phi of phis) definitions.set(phi.result, { kind: 'phi', block, phi });
    instructions.forEach((instruction, index) => {
      const result = resultOf(instruction);
      if (result !== undefined) definitions.set(result, { kind: 'instruction', block, index, instruction });
    });
  }
  return definitions;
});

/** Instructions by the values that they define; phis and parameters have none. */
export type Definitions = readonly (Instruction | undefined)[];

export const instructionsByResult = oncePerProgram((program): Definitions => {
  const found = new Array<Instruction | undefined>(program.values.length).fill(undefined);
  for (const { instructions } of program.blocks) {
    for (const instruction of instructions) if (instruction.op !== 'store') found[instruction.result] = instruction;
  }
  return found;
});

/** Number of operands, phi inputs and terminators that read each value. */
export const useCounts = oncePerProgram((program): Uint32Array => {
  const counts = new Uint32Array(program.values.length);
  const use = (value: ValueId) => {
    counts[value] = (counts[value] ?? 0) + 1;
  };
  for (const { phis, instructions, terminator } of program.blocks) {
    for (const { inputs } of phis) for (const { value } of inputs) use(value);
    for (const instruction of instructions) operandsOf(instruction).forEach(use);
    terminatorOperands(terminator).forEach(use);
  }
  return counts;
});
