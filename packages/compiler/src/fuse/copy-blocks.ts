// The same program over another graph of blocks, in which blocks may stand more than once. Values then have several definitions, and
// phis are made where these meet (M. Braun et al., Simple and Efficient Construction of Static Single Assignment Form, 2013).
import { at } from '../ir/at.ts';
import { graphOfSuccessors } from '../ir/graph.ts';
import { resultOf, successorsOf, withOperands, withTargets, withTerminatorOperands } from '../ir/operands.ts';
import {
  type Block,
  type BlockId,
  type Instruction,
  type Phi,
  type Program,
  parametersOf,
  type ValueId,
  type ValueType,
} from '../ir/types.ts';

/** A block of the new graph: which one it is of the old, and where it goes for each successor of that. */
export interface Copy {
  readonly of: BlockId;
  readonly to: ReadonlyMap<BlockId, number>;
}

/** `copies[0]` is the entry. */
export function copyBlocks(program: Program, copies: readonly Copy[]): Program {
  return new Copying(program, copies).run();
}

class Copying {
  readonly #program: Program;
  readonly #copies: readonly Copy[];
  readonly #predecessors: readonly (readonly number[])[];
  readonly #values: ValueType[] = [];
  /** By copy: what the old values are called that it defines, or that were asked for there. */
  readonly #names: Map<ValueId, ValueId>[];
  readonly #merging: Phi[][];

  constructor(program: Program, copies: readonly Copy[]) {
    this.#program = program;
    this.#copies = copies;
    const successors = copies.map(({ of, to }) =>
      successorsOf(at(program.blocks, of).terminator).map((next) => to.get(next) ?? 0),
    );
    this.#predecessors = graphOfSuccessors(successors).predecessors;
    this.#names = copies.map(() => new Map());
    this.#merging = copies.map(() => []);
  }

  run(): Program {
    const { blocks, context } = this.#program;
    const parameters = parametersOf(this.#program).map((value) => this.#define(0, value));
    const own = this.#names[0]?.get(context) ?? this.#define(0, context);
    this.#copies.forEach(({ of }, copy) => {
      const { phis, instructions } = at(blocks, of);
      for (const { result } of phis) this.#define(copy, result);
      for (const one of instructions) {
        const result = resultOf(one);
        if (result !== undefined) this.#define(copy, result);
      }
    });
    const made = this.#copies.map((copy, id) => this.#block(copy, id));
    const withMerging = made.map((block, id) => ({ ...block, phis: [...block.phis, ...at(this.#merging, id)] }));
    const changed = { ...this.#program, context: own, values: this.#values, blocks: withMerging };
    return this.#program.parameters === undefined ? changed : { ...changed, parameters };
  }

  #block({ of, to }: Copy, id: number): Block {
    const block = at(this.#program.blocks, of);
    const read = (value: ValueId) => this.#read(id, value);
    const phis = block.phis.map((phi) => ({ result: read(phi.result), inputs: this.#inputs(phi, id) }));
    const instructions = block.instructions.map((one): Instruction => {
      const moved = withOperands(one, read);
      // Passes tell instructions apart by identity.
      return moved.op === 'store' ? { ...moved } : { ...moved, result: read(moved.result) };
    });
    const terminator = withTargets(withTerminatorOperands(block.terminator, read), (next) => to.get(next) ?? 0);
    return { ...block, id, phis, instructions, terminator };
  }

  #inputs({ inputs }: Phi, id: number): Phi['inputs'] {
    return at(this.#predecessors, id).map((from) => {
      const { of } = at(this.#copies, from);
      const input = inputs.find(({ block }) => block === of);
      if (input === undefined) throw new Error(`block ${of} gives a phi no value`);
      return { block: from, value: this.#read(from, input.value) };
    });
  }

  /** The value as it is called at the end of a copy, and in it. */
  #read(id: number, value: ValueId): ValueId {
    // Long ways up have one predecessor each: no recursion there.
    const passed: number[] = [];
    let current = id;
    let name = at(this.#names, current).get(value);
    while (name === undefined) {
      const [only, ...others] = at(this.#predecessors, current);
      if (only === undefined) throw new Error(`value ${value} is not defined on all ways to block ${id}`);
      if (others.length > 0) {
        name = this.#merge(current, value);
        break;
      }
      passed.push(current);
      current = only;
      name = at(this.#names, current).get(value);
    }
    for (const one of passed) at(this.#names, one).set(value, name);
    return name;
  }

  #merge(id: number, value: ValueId): ValueId {
    const result = this.#define(id, value);
    const inputs = at(this.#predecessors, id).map((block) => ({ block, value: this.#read(block, value) }));
    at(this.#merging, id).push({ result, inputs });
    return result;
  }

  #define(id: number, value: ValueId): ValueId {
    this.#values.push(at(this.#program.values, value));
    const name = this.#values.length - 1;
    at(this.#names, id).set(value, name);
    return name;
  }
}
