import {
  isPure,
  type MachineInstruction,
  type MachineProgram,
  type Register,
  readsOf,
  terminatorReads,
  writesOf,
} from './machine.ts';

/** Drops instructions whose results nothing reads: pointers that became offsets, comparisons that became branches. */
export function removeDead(program: MachineProgram): MachineProgram {
  const writers = new Map<Register, MachineInstruction[]>();
  const open: Register[] = [];
  const live = new Set<Register>();
  const read = (register: Register) => {
    if (live.has(register)) return;
    live.add(register);
    open.push(register);
  };
  for (const { instructions, terminator } of program.blocks) {
    for (const instruction of instructions) {
      if (!isPure(instruction)) readsOf(instruction).forEach(read);
      for (const register of writesOf(instruction)) {
        const known = writers.get(register);
        if (known === undefined) writers.set(register, [instruction]);
        else known.push(instruction);
      }
    }
    terminatorReads(terminator).forEach(read);
  }
  for (let register = open.pop(); register !== undefined; register = open.pop()) {
    for (const writer of writers.get(register) ?? []) readsOf(writer).forEach(read);
  }
  const needed = (instruction: MachineInstruction) =>
    !isPure(instruction) || writesOf(instruction).some((register) => live.has(register));
  return {
    ...program,
    blocks: program.blocks.map((block) => ({ ...block, instructions: block.instructions.filter(needed) })),
  };
}
