import { at } from '../ir/at.ts';
import { coalesce } from './coalesce.ts';
import { colour } from './colour.ts';
import { removeDeadSpills } from './dead-spills.ts';
import { numberDensely } from './dense-registers.ts';
import { type Interference, interferenceOf } from './interference.ts';
import { limitPressure } from './limit-pressure.ts';
import {
  FIRST_VIRTUAL,
  type MachineProgram,
  type Register,
  withRegisters,
  withTerminatorRegisters,
} from './machine.ts';
import { separateWebs } from './separate-webs.ts';
import { rematerialisable, spill } from './spill.ts';

/** A spill between a bound's check and its use would lose the bound on kernels before 6.12. */
const RELUCTANT = 1000;
const REMAKING = 0.5;
const MOST_ROUNDS = 100;

/** Gives every virtual register a machine register; what finds none lives in stack slots, added to the program's. */
export function allocate(selected: MachineProgram): MachineProgram {
  const program = numberDensely(selected);
  let graph: Interference | undefined;
  const slots = new SpillSlots(program, () => {
    graph ??= interferenceOf(program);
    return graph;
  });
  const limited = limitPressure(program, (register) => slots.of(register));
  const allocation = new Allocation(numberDensely(separateWebs({ ...limited, slots: slots.all() })));
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const done = allocation.round();
    if (done !== undefined) return removeDeadSpills(withoutEmptyMoves(done), program.slots.length);
  }
  throw new Error(`register allocation did not end after ${MOST_ROUNDS} rounds of spilling`);
}

class Allocation {
  #program: MachineProgram;
  /** Made by a spill, for one instruction: to spill them again gains nothing. */
  readonly #brief = new Set<Register>();

  constructor(program: MachineProgram) {
    this.#program = program;
  }

  /** The program on machine registers, or nothing if some had to be spilled first. */
  round(): MachineProgram | undefined {
    const separate = interferenceOf(this.#program);
    const united = coalesce(separate);
    const standing = (register: Register) => united.get(register) ?? register;
    const merged = rename(this.#program, standing);
    const graph = interferenceOf(merged);
    const { registers, uncoloured } = colour(graph, this.#costs(merged, graph));
    if (uncoloured.length === 0) return rename(merged, (register) => registers.get(register) ?? register);
    // What was united with a machine register stays apart: values made anew may be needed where that holds another.
    const apart = (register: Register) => (standing(register) < FIRST_VIRTUAL ? register : standing(register));
    const slots = new SpillSlots(this.#program, () => graph);
    const spilled = spill(rename(this.#program, apart), uncoloured, (register) => slots.of(register));
    for (const register of spilled.brief) this.#brief.add(register);
    this.#program = { ...spilled.program, slots: slots.all() };
    return undefined;
  }

  #costs(program: MachineProgram, graph: Interference): (register: Register) => number {
    const remade = rematerialisable(program);
    return (register) => {
      if (this.#brief.has(register)) return Number.POSITIVE_INFINITY;
      const weight = program.reluctant.has(register) ? RELUCTANT : remade.has(register) ? REMAKING : 1;
      return (graph.costs.get(register) ?? 0) * weight;
    };
  }
}

/** Slots for spilled registers. Those that never hold values at the same time share one. */
class SpillSlots {
  readonly #program: MachineProgram;
  readonly #graph: () => Interference;
  readonly #groups: Register[][] = [];
  readonly #known = new Map<Register, number>();

  constructor(program: MachineProgram, graph: () => Interference) {
    this.#program = program;
    this.#graph = graph;
  }

  of(register: Register): number {
    const known = this.#known.get(register);
    if (known !== undefined) return this.#program.slots.length + known;
    const clashes = (other: Register) => this.#graph().clash(register, other);
    const shared = this.#groups.findIndex((group) => !group.some(clashes));
    const index = shared < 0 ? this.#groups.push([]) - 1 : shared;
    at(this.#groups, index).push(register);
    this.#known.set(register, index);
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
  return { ...program, blocks, reluctant: new Set([...program.reluctant].map(map)) };
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
