import { at } from '../ir/at.ts';
import { availableIn, walkAvailable } from './availability.ts';
import { frequency } from './interference.ts';
import { liveOut, walkBackwards } from './liveness.ts';
import {
  type MachineBlock,
  type MachineInstruction,
  type MachineProgram,
  type Register,
  writesOf,
} from './machine.ts';
import { rematerialisable } from './spill.ts';

/** What it costs to keep each register in a slot across calls: a store where it is written, reloads after calls. */
export function splitCosts(program: MachineProgram): ReadonlyMap<Register, number> {
  const costs = new Map<Register, number>();
  const charge = (register: Register, weight: number) => costs.set(register, (costs.get(register) ?? 0) + weight);
  const remade = rematerialisable(program);
  const entering = availableIn(program, liveOut(program));
  program.blocks.forEach((block, id) => {
    const weight = frequency(block.loopDepth);
    walkAvailable(block, at(entering, id), (_, missing) => {
      for (const register of missing) charge(register, weight);
    });
    for (const instruction of block.instructions) {
      for (const register of writesOf(instruction)) if (!remade.has(register)) charge(register, weight);
    }
  });
  return costs;
}

export interface SplitOptions {
  readonly registers: ReadonlySet<Register>;
  readonly slotOf: (register: Register) => number;
}

/**
 * Ends the life of registers at calls: they are stored where they are written and reloaded where they are next read, or
 * made anew there if that is as cheap.
 */
export function splitAtCalls(program: MachineProgram, { registers, slotOf }: SplitOptions): MachineProgram {
  const out = liveOut(program);
  const entering = availableIn(program, out);
  const isLost = (instruction: MachineInstruction) =>
    instruction.op === 'load' && 'register' in instruction.base && registers.has(instruction.base.register);
  const remade = new Map([...rematerialisable(program)].filter(([, instruction]) => !isLost(instruction)));
  const reload = (register: Register, from: Pick<MachineInstruction, 'at'>): MachineInstruction => {
    const original = remade.get(register);
    if (original !== undefined) return { ...original, at: from.at };
    return { op: 'load', dst: register, base: { slot: slotOf(register) }, offset: 0, width: 64, at: from.at };
  };
  const store = (register: Register, from: Pick<MachineInstruction, 'at'>): MachineInstruction => {
    const base = { slot: slotOf(register) };
    return { op: 'store', base, offset: 0, width: 64, source: { register }, at: from.at };
  };
  const isStoredEarly = (register: Register) =>
    registers.has(register) && !remade.has(register) && !program.reluctant.has(register);
  const blocks = program.blocks.map((block, id): MachineBlock => {
    const kept = keptAcross(block, at(out, id), (register) => registers.has(register) && program.reluctant.has(register));
    const instructions: MachineInstruction[] = [];
    walkAvailable(block, at(entering, id), (reader, missing, available) => {
      const place = reader === 'terminator' ? block.terminator : reader;
      for (const register of missing) if (registers.has(register)) instructions.push(reload(register, place));
      if (reader === 'terminator') return;
      for (const register of kept.get(reader) ?? []) {
        if (!remade.has(register) && available.has(register)) instructions.push(store(register, reader));
      }
      instructions.push(reader);
      for (const register of writesOf(reader)) if (isStoredEarly(register)) instructions.push(store(register, reader));
    });
    return { ...block, instructions };
  });
  return { ...program, blocks };
}

/** The registers among those wanted that live across each call. They are stored there, behind what bounds them. */
function keptAcross(
  block: MachineBlock,
  out: ReadonlySet<Register>,
  isWanted: (register: Register) => boolean,
): ReadonlyMap<MachineInstruction, readonly Register[]> {
  const kept = new Map<MachineInstruction, readonly Register[]>();
  walkBackwards(block, out, (instruction, live) => {
    if (instruction.op === 'call') kept.set(instruction, [...live].filter(isWanted));
  });
  return kept;
}
