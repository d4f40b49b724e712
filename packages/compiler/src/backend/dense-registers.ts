import {
  FIRST_VIRTUAL,
  type MachineProgram,
  type Register,
  readsOf,
  terminatorReads,
  withRegisters,
  withTerminatorRegisters,
  writesOf,
} from './machine.ts';

/** Numbers virtual registers without gaps, in the same order: what passes have left unused would have rows in each table of registers. */
export function numberDensely(program: MachineProgram): MachineProgram {
  const used = new Uint8Array(program.nextRegister);
  const use = (register: Register) => {
    used[register] = 1;
  };
  for (const { instructions, terminator } of program.blocks) {
    for (const instruction of instructions) {
      readsOf(instruction).forEach(use);
      writesOf(instruction).forEach(use);
    }
    terminatorReads(terminator).forEach(use);
  }
  const numbers = new Int32Array(program.nextRegister);
  let next = FIRST_VIRTUAL;
  for (let register = FIRST_VIRTUAL; register < used.length; register++) {
    if (used[register] === 1) numbers[register] = next++;
  }
  const dense = (register: Register) => (register < FIRST_VIRTUAL ? register : (numbers[register] ?? register));
  const blocks = program.blocks.map((block) => ({
    ...block,
    instructions: block.instructions.map((instruction) => withRegisters(instruction, dense)),
    terminator: withTerminatorRegisters(block.terminator, dense),
  }));
  const reluctant = new Set([...program.reluctant].flatMap((one) => (used[one] === 1 ? [dense(one)] : [])));
  return { ...program, blocks, nextRegister: next, reluctant };
}
