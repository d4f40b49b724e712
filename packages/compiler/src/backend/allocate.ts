import { at } from '../ir/at.ts';
import { coalesce } from './coalesce.ts';
import { colour } from './colour.ts';
import { type Interference, interferenceOf } from './interference.ts';
import {
  FIRST_VIRTUAL,
  type MachineProgram,
  type Register,
  withRegisters,
  withTerminatorRegisters,
} from './machine.ts';
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
    // What was united with a machine register stays apart: values made anew may be needed where that holds another.
    const apart = (register: Register): Register => {
      const standing = united.get(register) ?? register;
      return standing < FIRST_VIRTUAL ? register : standing;
    };
    const slots = new SpillSlots(current, graph);
    const spilled = spill(rename(current, apart), uncoloured, (register) => slots.of(register));
    for (const register of spilled.brief) brief.add(register);
    const kept = new Set([...current.reluctant].map(apart));
    current = { ...spilled.program, slots: slots.all(), reluctant: kept };
  }
}

/** Slots for spilled registers. Those that never hold values at the same time share one. */
class SpillSlots {
  readonly #program: MachineProgram;
  readonly #graph: Interference;
  readonly #groups: Register[][] = [];

  constructor(program: MachineProgram, graph: Interference) {
    this.#program = program;
    this.#graph = graph;
  }

  of(register: Register): number {
    const clashes = (other: Register) => this.#graph.neighbours.get(register)?.has(other) === true;
    let index = this.#groups.findIndex((group) => group.includes(register));
    if (index < 0) {
      index = this.#groups.findIndex((group) => !group.some(clashes));
      if (index < 0) index = this.#groups.push([]) - 1;
      at(this.#groups, index).push(register);
    }
    return this.#program.slots.length + index;
  }

  all(): MachineProgram['slots'] {
    return [...this.#program.slots, ...this.#groups.map(() => ({ size: 8, name: 'spilled value' }))];
  }
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
