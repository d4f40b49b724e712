import { at } from '../ir/at.ts';
import { liveOut } from './liveness.ts';
import {
  FIRST_VIRTUAL,
  type MachineBlock,
  type MachineProgram,
  machineSuccessors,
  type Register,
  readsOf,
  terminatorReads,
  withRegisters,
  withTerminatorRegisters,
  writesOf,
} from './machine.ts';

/** Gives parts of a register's life that have nothing to do with each other registers of their own. */
export function separateWebs(program: MachineProgram): MachineProgram {
  const webs = new Webs();
  const out = liveOut(program);
  const entries = program.blocks.map(() => new Map<Register, number>());
  const entry = (block: number, register: Register): number => {
    const known = at(entries, block).get(register);
    if (known !== undefined) return known;
    const made = webs.add(register);
    at(entries, block).set(register, made);
    return made;
  };
  // First each register by its part, from FIRST_VIRTUAL on; then by its web.
  const parted = program.blocks.map((block, id): MachineBlock => {
    const current = new Map<Register, number>();
    const read = (register: Register): number => {
      const node = current.get(register) ?? entry(id, register);
      current.set(register, node);
      return node;
    };
    const part = (register: Register): Register =>
      register < FIRST_VIRTUAL ? register : FIRST_VIRTUAL + (current.get(register) ?? 0);
    const instructions = block.instructions.map((instruction) => {
      const reads = readsOf(instruction);
      for (const register of reads) if (register >= FIRST_VIRTUAL) read(register);
      for (const register of writesOf(instruction)) {
        // What an instruction reads and writes is one register.
        if (register >= FIRST_VIRTUAL && !reads.includes(register)) current.set(register, webs.add(register));
      }
      return withRegisters(instruction, part);
    });
    for (const register of terminatorReads(block.terminator)) if (register >= FIRST_VIRTUAL) read(register);
    const terminator = withTerminatorRegisters(block.terminator, part);
    for (const register of at(out, id)) {
      if (register < FIRST_VIRTUAL) continue;
      for (const next of machineSuccessors(block.terminator)) webs.unite(read(register), entry(next, register));
    }
    return { ...block, instructions, terminator };
  });
  const numbers = webs.numbers(program.nextRegister);
  const web = (register: Register) => (register < FIRST_VIRTUAL ? register : numbers.of(register - FIRST_VIRTUAL));
  return {
    ...program,
    nextRegister: numbers.next,
    reluctant: new Set(
      [...program.reluctant].flatMap((register) => webs.all(register).map((node) => numbers.of(node))),
    ),
    blocks: parted.map((block) => ({
      ...block,
      instructions: block.instructions.map((instruction) => withRegisters(instruction, web)),
      terminator: withTerminatorRegisters(block.terminator, web),
    })),
  };
}

/** Union-find over parts of registers' lives. */
class Webs {
  readonly #parents: number[] = [];
  readonly #registers: Register[] = [];
  readonly #byRegister = new Map<Register, number[]>();

  add(register: Register): number {
    const node = this.#parents.length;
    this.#parents.push(node);
    this.#registers.push(register);
    const known = this.#byRegister.get(register);
    if (known === undefined) this.#byRegister.set(register, [node]);
    else known.push(node);
    return node;
  }

  all(register: Register): readonly number[] {
    return this.#byRegister.get(register) ?? [];
  }

  unite(left: number, right: number): void {
    this.#parents[this.#root(left)] = this.#root(right);
  }

  /** One register for each web: the first of a register keeps its number. */
  numbers(free: Register): { readonly of: (node: number) => Register; readonly next: Register } {
    const taken = new Set<Register>();
    const numbers = new Map<number, Register>();
    let next = free;
    for (const [node, register] of this.#registers.entries()) {
      const root = this.#root(node);
      if (numbers.has(root)) continue;
      numbers.set(root, taken.has(register) ? next++ : register);
      taken.add(register);
    }
    return { of: (node) => numbers.get(this.#root(node)) ?? -1, next };
  }

  #root(node: number): number {
    let root = node;
    for (let parent = at(this.#parents, root); parent !== root; parent = at(this.#parents, root)) root = parent;
    for (let child = node; child !== root; ) {
      const parent = at(this.#parents, child);
      this.#parents[child] = root;
      child = parent;
    }
    return root;
  }
}
