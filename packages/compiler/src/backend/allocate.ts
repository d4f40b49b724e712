import { at } from '../ir/at.ts';
import { coalesce } from './coalesce.ts';
import { colour } from './colour.ts';
import { type Interference, interferenceOf } from './interference.ts';
import { type MachineProgram, type Register, withRegisters, withTerminatorRegisters } from './machine.ts';
import { rematerialisable, spill } from './spill.ts';

/** A spill between a bound's check and its use would lose the bound on kernels before 6.12. */
const RELUCTANT = 1000;
const REMAKING = 0.5;
const MOST_ROUNDS = 100;

/** Gives every virtual register a machine register; what finds none lives in stack slots, added to the program's. */
export function allocate(program: MachineProgram): MachineProgram {
  const brief = new Set<Register>();
  for (let current = program, round = 0; ; round++) {
    if (round === MOST_ROUNDS)
      throw new Error(`register allocation did not end after ${MOST_ROUNDS} rounds of spilling`);
    const separate = interferenceOf(current);
    const united = coalesce(separate);
    const merged = united.size === 0 ? current : rename(current, (register) => united.get(register) ?? register);
    const reluctant = new Set([...current.reluctant].map((register) => united.get(register) ?? register));
    const graph = united.size === 0 ? separate : interferenceOf(merged);
    const remade = rematerialisable(merged);
    const cost = (register: Register): number => {
      if (brief.has(register)) return Number.POSITIVE_INFINITY;
      const weight = reluctant.has(register) ? RELUCTANT : remade.has(register) ? REMAKING : 1;
      return (graph.costs.get(register) ?? 0) * weight;
    };
    const { registers, uncoloured } = colour(graph, cost);
    if (uncoloured.length === 0)
      return withoutEmptyMoves(rename(merged, (register) => registers.get(register) ?? register));
    const { slots, slotOf } = spillSlots(
      merged,
      graph,
      uncoloured.filter((register) => !remade.has(register)),
    );
    const spilled = spill({ ...merged, slots, reluctant }, uncoloured, slotOf);
    for (const register of spilled.brief) brief.add(register);
    current = spilled.program;
  }
}

/** Registers that never hold values at the same time may share a slot. */
function spillSlots(program: MachineProgram, { neighbours }: Interference, registers: readonly Register[]) {
  const groups: Register[][] = [];
  const slotOf = new Map<Register, number>();
  for (const register of registers) {
    const clashes = (other: Register) => neighbours.get(register)?.has(other) === true;
    let index = groups.findIndex((group) => !group.some(clashes));
    if (index < 0) index = groups.push([]) - 1;
    at(groups, index).push(register);
    slotOf.set(register, program.slots.length + index);
  }
  const slots = [...program.slots, ...groups.map(() => ({ size: 8, name: 'spilled value' }))];
  return { slots, slotOf: (register: Register) => slotOf.get(register) ?? -1 };
}

function rename(program: MachineProgram, map: (register: Register) => Register): MachineProgram {
  const blocks = program.blocks.map((block) => ({
    ...block,
    instructions: block.instructions.map((instruction) => withRegisters(instruction, map)),
    terminator: withTerminatorRegisters(block.terminator, map),
  }));
  return { ...program, blocks };
}

function withoutEmptyMoves(program: MachineProgram): MachineProgram {
  const blocks = program.blocks.map((block) => ({
    ...block,
    instructions: block.instructions.filter(
      (instruction) => !(instruction.op === 'move' && instruction.width === 64 && instruction.dst === instruction.src),
    ),
  }));
  return { ...program, blocks };
}
