// A program whose blocks are changed one by one.
import { at } from '../ir/at.ts';
import { successorsOf, withTargets } from '../ir/operands.ts';
import type {
  AluOperation,
  Block,
  BlockId,
  Instruction,
  Phi,
  Program,
  Region,
  Relation,
  Terminator,
  ValueId,
  ValueType,
  Width,
} from '../ir/types.ts';

export interface MutableBlock extends Pick<Block, 'rounds'> {
  phis: readonly Phi[];
  instructions: Instruction[];
  terminator: Terminator;
}

export class Edit {
  readonly blocks: MutableBlock[];
  readonly #program: Program;
  readonly #values: ValueType[];
  readonly #slots: Program['slots'][number][];

  constructor(program: Program) {
    this.#program = program;
    this.blocks = program.blocks.map(({ id: _, instructions, ...block }) => ({
      ...block,
      instructions: [...instructions],
    }));
    this.#values = [...program.values];
    this.#slots = [...program.slots];
  }

  finish(): Program {
    const blocks = this.blocks.map((block, id): Block => ({ ...block, id }));
    return { ...this.#program, values: this.#values, slots: this.#slots, blocks };
  }

  integer(): ValueId {
    return this.#values.push({ kind: 'integer' }) - 1;
  }

  pointer(region: Region): ValueId {
    return this.#values.push({ kind: 'pointer', region }) - 1;
  }

  slot(name: string, size: number): number {
    return this.#slots.push({ name, size }) - 1;
  }

  add(terminator: Terminator, instructions: Instruction[] = []): BlockId {
    return this.blocks.push({ phis: [], instructions, terminator }) - 1;
  }

  /** What is behind the instruction of this index becomes a block of its own, which the first half does not lead to yet. */
  split(id: BlockId, index: number): BlockId {
    const block = at(this.blocks, id);
    const rest = this.add(block.terminator, block.instructions.splice(index));
    for (const next of new Set(successorsOf(block.terminator))) this.comesFrom(next, id, rest);
    block.terminator = { op: 'jump', target: rest };
    return rest;
  }

  /** Puts an empty block on a way. */
  between(from: BlockId, to: BlockId): BlockId {
    const made = this.add({ op: 'jump', target: to });
    const before = at(this.blocks, from);
    before.terminator = withTargets(before.terminator, (target) => (target === to ? made : target));
    this.comesFrom(to, from, made);
    return made;
  }

  comesFrom(id: BlockId, before: BlockId, after: BlockId): void {
    const block = at(this.blocks, id);
    block.phis = block.phis.map(({ result, inputs }) => ({
      result,
      inputs: inputs.map((input) => (input.block === before ? { block: after, value: input.value } : input)),
    }));
  }
}

/** Instructions one behind the other. */
export class Writer {
  readonly #edit: Edit;
  readonly #to: Instruction[];

  constructor(edit: Edit, to: Instruction[]) {
    this.#edit = edit;
    this.#to = to;
  }

  constant(value: bigint): ValueId {
    const result = this.#edit.integer();
    this.#to.push({ op: 'constant', value, result });
    return result;
  }

  alu(operation: AluOperation, left: ValueId, right: ValueId): ValueId {
    const result = this.#edit.integer();
    this.#to.push({ op: 'alu', operation, left, right, result });
    return result;
  }

  compare(relation: Relation, left: ValueId, right: ValueId): ValueId {
    const result = this.#edit.integer();
    this.#to.push({ op: 'compare', relation, left, right, result });
    return result;
  }

  load(address: ValueId, offset: number, width: Width): ValueId {
    const result = this.#edit.integer();
    this.#to.push({ op: 'load', address, offset, width, result });
    return result;
  }

  store(address: ValueId, offset: number, width: Width, value: ValueId): void {
    this.#to.push({ op: 'store', address, offset, width, value });
  }

  /** Of a map by its name; the key is what is stored at `slot`. */
  lookup(name: string, slot: number, result = this.#edit.pointer(`value ${name}`)): ValueId {
    const map = this.#edit.pointer('map');
    this.#to.push({ op: 'map', name, result: map });
    this.#to.push({ op: 'call', helper: 'map_lookup_elem', arguments: [map, this.stack(slot)], result });
    return result;
  }

  stack(slot: number): ValueId {
    const result = this.#edit.pointer(`stack ${slot}`);
    this.#to.push({ op: 'stack', slot, result });
    return result;
  }

  /** Into element 0 of an array. */
  element(name: string, offset: number): ValueId {
    const result = this.#edit.pointer(`value ${name}`);
    this.#to.push({ op: 'map-value', name, offset, result });
    return result;
  }

  call(helper: string): ValueId {
    const result = this.#edit.integer();
    this.#to.push({ op: 'call', helper, arguments: [], result });
    return result;
  }
}
