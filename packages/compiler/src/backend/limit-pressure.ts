// Decides what lives in registers where there are too few (Braun and Hack, "Register Spilling and Live-Range Splitting
// for SSA-Form Programs"): walks each block with the set of values in registers, and lets go what is read last.

import { at } from '../ir/at.ts';
import { type Graph, graphOfSuccessors } from '../ir/graph.ts';
import type { BlockId } from '../ir/types.ts';
import { liveOut, walkBackwards } from './liveness.ts';
import {
  ALLOCATABLE,
  CLOBBERED,
  FIRST_VIRTUAL,
  FRAME_POINTER,
  type MachineBlock,
  type MachineInstruction,
  type MachineProgram,
  machineSuccessors,
  type Register,
  readsOf,
  terminatorReads,
  writesOf,
} from './machine.ts';
import { BEHIND_CALL, lengthsOf, type NextUse, nextUses, OUTSIDE } from './next-use.ts';
import { rematerialisable } from './spill.ts';

const REGISTERS = ALLOCATABLE.length;
const SURVIVING = REGISTERS - CLOBBERED.length;
const MACHINE: readonly Register[] = [...ALLOCATABLE, FRAME_POINTER];

/** Puts in stores and reloads so that no more values are in registers anywhere than there are registers. */
export function limitPressure(program: MachineProgram, slotOf: (register: Register) => number): MachineProgram {
  return new Limiting(program, slotOf).run();
}

/** A block with reloads in place, and what is in registers at its ends. */
interface Limited {
  readonly instructions: readonly MachineInstruction[];
  readonly entering: ReadonlySet<Register>;
  readonly leaving: ReadonlySet<Register>;
}

class Limiting {
  readonly #program: MachineProgram;
  readonly #slotOf: (register: Register) => number;
  readonly #graph: Graph;
  readonly #out: readonly ReadonlySet<Register>[];
  readonly #uses: readonly NextUse[];
  readonly #remade: ReadonlyMap<Register, MachineInstruction>;
  readonly #reloaded = new Set<Register>();
  readonly #limited = new Map<BlockId, Limited>();

  constructor(program: MachineProgram, slotOf: (register: Register) => number) {
    this.#program = program;
    this.#slotOf = slotOf;
    this.#graph = graphOfSuccessors(program.blocks.map(({ terminator }) => machineSuccessors(terminator)));
    this.#out = liveOut(program);
    this.#uses = nextUses(program);
    this.#remade = rematerialisable(program);
  }

  run(): MachineProgram {
    for (const id of this.#graph.order) this.#limited.set(id, this.#block(id, this.#entering(id)));
    const blocks: MachineBlock[] = this.#program.blocks.map((block, id) => ({
      ...block,
      instructions: this.#limited.get(id)?.instructions ?? [],
    }));
    for (const id of this.#graph.order) {
      for (const next of machineSuccessors(at(this.#program.blocks, id).terminator)) this.#couple(blocks, id, next);
    }
    return { ...this.#program, blocks: blocks.map((block) => this.#withStores(block)) };
  }

  /** What is in registers when control enters: what all predecessors have there, then what is read soonest. */
  #entering(id: BlockId): Set<Register> {
    const { atStart } = at(this.#uses, id);
    const from = at(this.#graph.predecessors, id);
    const known = from.flatMap((block) => this.#limited.get(block)?.leaving ?? []);
    const soonest = [...atStart].sort((a, b) => a[1] - b[1]);
    if (this.#graph.loopHeaders.has(id) || known.length < from.length) return this.#enteringLoop(soonest, known);
    const chosen = new Set<Register>();
    for (const [register] of soonest) {
      if (known.every((leaving) => leaving.has(register))) chosen.add(register);
    }
    for (const [register, distance] of soonest) {
      if (distance < BEHIND_CALL && known.some((leaving) => leaving.has(register))) add(chosen, register, REGISTERS);
    }
    return chosen;
  }

  /** Into a loop go those that it reads; others only as far as they are certain to stay. */
  #enteringLoop(
    soonest: readonly (readonly [Register, number])[],
    known: readonly ReadonlySet<Register>[],
  ): Set<Register> {
    const chosen = new Set<Register>();
    for (const [register, distance] of soonest) {
      const most = distance < BEHIND_CALL ? REGISTERS : SURVIVING;
      const isAtHand = known.some((leaving) => leaving.has(register));
      if (distance < OUTSIDE || isAtHand) add(chosen, register, distance < OUTSIDE ? most : SURVIVING);
    }
    return chosen;
  }

  #block(id: BlockId, entering: ReadonlySet<Register>): Limited {
    const block = at(this.#program.blocks, id);
    const { alive, machine } = this.#livenessOf(block, id);
    const distances = new BlockDistances(block, at(this.#uses, id).atEnd, this.#program.reluctant);
    const held = new Set(entering);
    const instructions: MachineInstruction[] = [];
    const bring = (
      registers: readonly Register[],
      index: number,
      most: number,
      from: Pick<MachineInstruction, 'at'>,
    ) => {
      for (const register of registers) {
        if (register < FIRST_VIRTUAL || held.has(register)) continue;
        instructions.push(this.#reload(register, from));
        held.add(register);
      }
      shrink(held, most, (register) => (registers.includes(register) ? -1 : distances.next(register, index)));
    };
    block.instructions.forEach((instruction, index) => {
      const [before, after] = [at(machine, index), at(machine, index + 1)];
      const reads = readsOf(instruction);
      const written = virtualOf(writesOf(instruction));
      const behind = at(alive, index);
      // A test writes its result before it reads.
      bring(reads, index, REGISTERS - before - (instruction.op === 'test' ? 1 : 0), instruction);
      for (const register of reads) if (!behind.includes(register)) held.delete(register);
      for (const register of written) held.delete(register);
      const next = (register: Register) => distances.next(register, index + 1);
      if (instruction.op === 'call') shrink(held, SURVIVING, next);
      shrink(held, REGISTERS - after - written.length, next);
      for (const register of written) if (behind.includes(register)) held.add(register);
      instructions.push(instruction);
    });
    const end = block.instructions.length;
    bring(terminatorReads(block.terminator), end, REGISTERS - at(machine, end), block.terminator);
    const leaving = held.intersection(at(this.#out, id));
    return { instructions, entering, leaving };
  }

  /**
   * For each instruction those of its registers that are live behind it; and how many of the machine's registers are live
   * in front of each and of the terminator.
   */
  #livenessOf(block: MachineBlock, id: BlockId) {
    const alive: (readonly Register[])[] = [];
    const machine: number[] = [];
    const first = new Set<Register>();
    let count = 0;
    let isOutdated = true;
    walkBackwards(block, at(this.#out, id), (instruction, behind, index) => {
      const [reads, writes] = [readsOf(instruction), writesOf(instruction)];
      const registers = writes.length === 0 ? reads : reads.length === 0 ? writes : [...reads, ...writes];
      alive[index] = registers.filter((register) => behind.has(register));
      if (isOutdated) count = countMachine(behind);
      machine[index + 1] = count;
      isOutdated = registers.some((register) => register < FIRST_VIRTUAL);
      if (index > 0) return;
      for (const register of MACHINE) {
        if (reads.includes(register) || (behind.has(register) && !writes.includes(register))) first.add(register);
      }
    });
    machine[0] = first.size;
    return { alive, machine };
  }

  #reload(register: Register, from: Pick<MachineInstruction, 'at'>): MachineInstruction {
    const original = this.#remade.get(register);
    if (original !== undefined) return { ...original, at: from.at };
    this.#reloaded.add(register);
    return { op: 'load', dst: register, base: { slot: this.#slotOf(register) }, offset: 0, width: 64, at: from.at };
  }

  /** Reloads on an edge what the one block has let go and the other expects. */
  #couple(blocks: MachineBlock[], from: BlockId, to: BlockId): void {
    const [before, after] = [this.#limited.get(from), this.#limited.get(to)];
    if (before === undefined || after === undefined) return;
    const missing = [...after.entering].filter((register) => !before.leaving.has(register));
    if (missing.length === 0) return;
    const source = at(blocks, from);
    const reloads = missing.map((register) => this.#reload(register, source.terminator));
    if (source.terminator.op === 'jump') {
      blocks[from] = { ...source, instructions: [...source.instructions, ...reloads] };
      return;
    }
    const loopDepth = Math.min(source.loopDepth, at(blocks, to).loopDepth);
    const between = blocks.push({ instructions: reloads, terminator: { op: 'jump', target: to }, loopDepth }) - 1;
    if (source.terminator.op !== 'branch') return;
    const aim = (target: BlockId) => (target === to ? between : target);
    const { then, otherwise } = source.terminator;
    blocks[from] = { ...source, terminator: { ...source.terminator, then: aim(then), otherwise: aim(otherwise) } };
  }

  #withStores(block: MachineBlock): MachineBlock {
    const instructions = block.instructions.flatMap((instruction): MachineInstruction[] => {
      const stored = writesOf(instruction).filter((register) => this.#reloaded.has(register));
      const isReload =
        instruction.op === 'load' &&
        'slot' in instruction.base &&
        stored.some((register) => 'slot' in instruction.base && this.#slotOf(register) === instruction.base.slot);
      if (stored.length === 0 || isReload) return [instruction];
      const stores = stored.map((register): MachineInstruction => {
        const base = { slot: this.#slotOf(register) };
        return { op: 'store', base, offset: 0, width: 64, source: { register }, at: instruction.at };
      });
      return [instruction, ...stores];
    });
    return { ...block, instructions };
  }
}

const virtualOf = (registers: readonly Register[]): readonly Register[] =>
  registers.length === 1 && (registers[0] ?? 0) >= FIRST_VIRTUAL
    ? registers
    : registers.filter((one) => one >= FIRST_VIRTUAL);

function countMachine(live: ReadonlySet<Register>): number {
  let count = 0;
  for (const register of MACHINE) if (live.has(register)) count++;
  return count;
}

function add(chosen: Set<Register>, register: Register, most: number): void {
  if (chosen.size < most) chosen.add(register);
}

/** Lets go what is read last until so many are left. */
function shrink(held: Set<Register>, most: number, distance: (register: Register) => number): void {
  if (held.size <= most) return;
  const farthest = [...held].map((register) => ({ register, distance: distance(register) }));
  farthest.sort((a, b) => b.distance - a.distance);
  for (const { register } of farthest.slice(0, held.size - Math.max(most, 0))) held.delete(register);
}

/** Distances to the next read from places within a block. */
class BlockDistances {
  readonly #reads = new Map<Register, number[]>();
  readonly #lengths: readonly number[];
  readonly #atEnd: ReadonlyMap<Register, number>;
  readonly #reluctant: ReadonlySet<Register>;

  constructor(block: MachineBlock, atEnd: ReadonlyMap<Register, number>, reluctant: ReadonlySet<Register>) {
    this.#lengths = lengthsOf(block);
    this.#atEnd = atEnd;
    this.#reluctant = reluctant;
    block.instructions.forEach((instruction, index) => {
      for (const register of readsOf(instruction)) this.#read(register, index);
    });
    for (const register of terminatorReads(block.terminator)) this.#read(register, block.instructions.length);
  }

  next(register: Register, index: number): number {
    // A spill between a bound's check and its use would lose the bound on kernels before 6.12.
    if (this.#reluctant.has(register)) return 0;
    const here = at(this.#lengths, index);
    const read = this.#reads.get(register)?.find((place) => place >= index);
    if (read !== undefined) return at(this.#lengths, read) - here;
    const end = this.#lengths.at(-1) ?? 0;
    return (this.#atEnd.get(register) ?? Number.POSITIVE_INFINITY) + end + 1 - here;
  }

  #read(register: Register, index: number): void {
    const known = this.#reads.get(register);
    if (known === undefined) this.#reads.set(register, [index]);
    else known.push(index);
  }
}
