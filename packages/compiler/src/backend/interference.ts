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
  readonly neighbours: ReadonlyMap<Register, readonly Register[]>;
  readonly clash: (left: Register, right: Register) => boolean;
  /** Reads and writes of each virtual register, by how often they run. */
  readonly costs: ReadonlyMap<Register, number>;
  /** Dearest first. */
  readonly copies: readonly Copy[];
}

/** How often a block is thought to run, by the loops around it. */
const frequency = (loopDepth: number): number => 10 ** Math.min(loopDepth, 6);

export function interferenceOf(program: MachineProgram): Interference {
  const graph = new Conflicts(program.nextRegister);
  for (const register of ALLOCATABLE) graph.neighboursOf(register);
  const costs = new Map<Register, number>();
  const copies: Copy[] = [];
  const charge = (register: Register, weight: number) => {
    if (register < FIRST_VIRTUAL) return;
    graph.neighboursOf(register);
    costs.set(register, (costs.get(register) ?? 0) + weight);
  };
  const out = liveOut(program);
  program.blocks.forEach((block, id) => {
    const weight = frequency(block.loopDepth);
    walkBackwards(block, at(out, id), (instruction, live) => {
      const copied = copyOf(instruction);
      const [reads, writes] = [readsOf(instruction), writesOf(instruction)];
      for (const written of writes) {
        for (const other of live) if (other !== copied) graph.add(written, other);
        // What a call clobbers conflicts with what it writes as well.
        for (const other of writes) graph.add(written, other);
        if (instruction.op === 'test') for (const operand of reads) graph.add(written, operand);
      }
      if (instruction.op === 'move' && copied !== undefined) copies.push({ dst: instruction.dst, src: copied, weight });
      for (const register of reads) charge(register, weight);
      for (const register of writes) charge(register, weight);
    });
    for (const register of terminatorReads(block.terminator)) charge(register, weight);
  });
  const clash = (left: Register, right: Register) => graph.has(left, right);
  return { neighbours: graph.neighbours, clash, costs, copies: copies.toSorted((a, b) => b.weight - a.weight) };
}

/** Pairs of registers: a bit for each, and lists of them in the order in which they were found. */
class Conflicts {
  readonly neighbours = new Map<Register, Register[]>();
  readonly #lists: (Register[] | undefined)[];
  readonly #words: number;
  readonly #bits: Uint32Array;

  constructor(registers: number) {
    this.#lists = new Array<Register[] | undefined>(registers);
    this.#words = (registers + 31) >>> 5;
    this.#bits = new Uint32Array(registers * this.#words);
  }

  has(left: Register, right: Register): boolean {
    return (at(this.#bits, left * this.#words + (right >>> 5)) & (1 << (right & 31))) !== 0;
  }

  add(left: Register, right: Register): void {
    if (left === right || this.has(left, right)) return;
    this.#mark(left, right);
    this.#mark(right, left);
    this.neighboursOf(left).push(right);
    this.neighboursOf(right).push(left);
  }

  neighboursOf(register: Register): Register[] {
    const known = this.#lists[register];
    if (known !== undefined) return known;
    const made: Register[] = [];
    this.#lists[register] = made;
    this.neighbours.set(register, made);
    return made;
  }

  #mark(row: Register, column: Register): void {
    const index = row * this.#words + (column >>> 5);
    this.#bits[index] = at(this.#bits, index) | (1 << (column & 31));
  }
}

/** The source of a plain copy. A 32-bit move changes the value. */
export function copyOf(instruction: MachineInstruction): Register | undefined {
  return instruction.op === 'move' && instruction.width === 64 ? instruction.src : undefined;
}
