import { at } from '../ir/at.ts';
import { liveOut, walkBackwards } from './liveness.ts';
import {
  ALLOCATABLE,
  FIRST_VIRTUAL,
  type MachineInstruction,
  type MachineProgram,
  type Register,
  readsOf,
  terminatorReads,
  writesOf,
} from './machine.ts';

export interface Copy {
  readonly dst: Register;
  readonly src: Register;
  readonly weight: number;
}

/** Which registers hold values at the same time, how dear each is, and which would better be one. */
export interface Interference {
  readonly neighbours: ReadonlyMap<Register, Set<Register>>;
  /** Reads and writes of each virtual register, by how often they run. */
  readonly costs: ReadonlyMap<Register, number>;
  /** Dearest first. */
  readonly copies: readonly Copy[];
}

/** How often a block is thought to run, by the loops around it. */
const frequency = (loopDepth: number): number => 10 ** Math.min(loopDepth, 6);

export function interferenceOf(program: MachineProgram): Interference {
  const neighbours = new Map<Register, Set<Register>>(ALLOCATABLE.map((register) => [register, new Set()]));
  const costs = new Map<Register, number>();
  const copies: Copy[] = [];
  const node = (register: Register): Set<Register> => {
    const known = neighbours.get(register);
    if (known !== undefined) return known;
    const created = new Set<Register>();
    neighbours.set(register, created);
    return created;
  };
  const conflict = (left: Register, right: Register) => {
    if (left === right) return;
    node(left).add(right);
    node(right).add(left);
  };
  const charge = (register: Register, weight: number) => {
    if (register < FIRST_VIRTUAL) return;
    node(register);
    costs.set(register, (costs.get(register) ?? 0) + weight);
  };
  const out = liveOut(program);
  program.blocks.forEach((block, id) => {
    const weight = frequency(block.loopDepth);
    walkBackwards(block, at(out, id), (instruction, live) => {
      const copied = copyOf(instruction);
      for (const written of writesOf(instruction)) {
        for (const other of live) if (other !== copied) conflict(written, other);
        // What a call clobbers conflicts with what it writes as well.
        for (const other of writesOf(instruction)) conflict(written, other);
        if (instruction.op === 'test') for (const operand of readsOf(instruction)) conflict(written, operand);
      }
      if (instruction.op === 'move' && copied !== undefined) copies.push({ dst: instruction.dst, src: copied, weight });
      for (const register of [...readsOf(instruction), ...writesOf(instruction)]) charge(register, weight);
    });
    for (const register of terminatorReads(block.terminator)) charge(register, weight);
  });
  return { neighbours, costs, copies: copies.toSorted((a, b) => b.weight - a.weight) };
}

/** The source of a plain copy. A 32-bit move changes the value. */
export function copyOf(instruction: MachineInstruction): Register | undefined {
  return instruction.op === 'move' && instruction.width === 64 ? instruction.src : undefined;
}
