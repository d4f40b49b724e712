import { at } from '../ir/at.ts';
import { liveOut } from './liveness.ts';
import {
  FIRST_VIRTUAL,
  type MachineInstruction,
  type MachineProgram,
  type MachineTerminator,
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
  const blocks = program.blocks.map((block, id) => {
    const current = new Map<Register, number>();
    const read = (register: Register): number => {
      const node = current.get(register) ?? entry(id, register);
      current.set(register, node);
      return node;
    };
    const places = block.instructions.map((instruction) => {
      const before = new Map(virtual(readsOf(instruction)).map((register) => [register, read(register)]));
      // What an instruction reads and writes is one register.
      const after = new Map(
        virtual(writesOf(instruction)).map((register) => [register, before.get(register) ?? webs.add(register)]),
      );
      for (const [register, node] of after) current.set(register, node);
      return new Map([...before, ...after]);
    });
    const last = new Map(virtual(terminatorReads(block.terminator)).map((register) => [register, read(register)]));
    for (const register of virtual([...at(out, id)])) {
      for (const next of machineSuccessors(block.terminator)) webs.unite(read(register), entry(next, register));
    }
    return { block, places, last };
  });
  const numbers = webs.numbers(program.nextRegister);
  const named = (nodes: ReadonlyMap<Register, number>) => (register: Register) => {
    const node = nodes.get(register);
    return node === undefined ? register : numbers.of(node);
  };
  return {
    ...program,
    nextRegister: numbers.next,
    reluctant: new Set(
      [...program.reluctant].flatMap((register) => webs.all(register).map((node) => numbers.of(node))),
    ),
    blocks: blocks.map(({ block, places, last }) => ({
      ...block,
      instructions: block.instructions.map(
        (instruction, index): MachineInstruction => withRegisters(instruction, named(at(places, index))),
      ),
      terminator: ((terminator: MachineTerminator) => withTerminatorRegisters(terminator, named(last)))(
        block.terminator,
      ),
    })),
  };
}

const virtual = (registers: readonly Register[]): readonly Register[] =>
  registers.filter((register) => register >= FIRST_VIRTUAL);

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
