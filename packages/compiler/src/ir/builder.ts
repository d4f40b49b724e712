// Makes a Program block by block. Blocks are filled in any order; `finish` checks that each one was ended.

import type {
  AluOperation,
  AtomicOperation,
  Block,
  BlockId,
  Hook,
  Instruction,
  Location,
  Phi,
  Program,
  Region,
  Relation,
  StackSlot,
  Terminator,
  ValueId,
  ValueType,
  Width,
} from './types.ts';

const INTEGER: ValueType = { kind: 'integer' };
const pointer = (region: Region): ValueType => ({ kind: 'pointer', region });

interface OpenBlock {
  readonly phis: Phi[];
  readonly instructions: Instruction[];
  terminator: Terminator | undefined;
  rounds?: number;
}

/** A state of a builder to which it can go back. */
export interface Mark {
  readonly values: number;
  readonly slots: number;
  readonly size: number;
  readonly calls: number;
  readonly blocks: readonly {
    readonly phis: readonly Phi[];
    readonly instructions: number;
    readonly terminator: Terminator | undefined;
  }[];
}

export class ProgramBuilder {
  readonly name: string;
  readonly hook: Hook;
  readonly context: ValueId;
  readonly entry: BlockId;
  /** Where the author's source stands; new instructions and terminators carry it. */
  at: Location | undefined;
  readonly #values: ValueType[] = [];
  readonly #parameters: readonly ValueId[] | undefined;
  readonly #subprograms: Program[] = [];
  #size = 0;
  #calls = 0;
  readonly #slots: StackSlot[] = [];
  readonly #blocks: OpenBlock[] = [];

  /** `parameters`: of a subprogram, by their types; it has no context then. */
  constructor(name: string, hook: Hook, parameters?: readonly ValueType[]) {
    this.name = name;
    this.hook = hook;
    this.context = this.#value(pointer('context'));
    this.#parameters = parameters?.map((type) => this.#value(type));
    this.entry = this.block();
  }

  block(): BlockId {
    this.#blocks.push({ phis: [], instructions: [], terminator: undefined });
    return this.#blocks.length - 1;
  }

  slot(size: number, name: string): number {
    this.#slots.push({ size, name });
    return this.#slots.length - 1;
  }

  /** The slot of this name, made if there is none: for memory whose use ends before its next one begins. */
  sharedSlot(size: number, name: string): number {
    const known = this.#slots.findIndex((slot) => slot.name === name && slot.size === size);
    return known < 0 ? this.slot(size, name) : known;
  }

  get parameters(): readonly ValueId[] {
    return this.#parameters ?? [this.context];
  }

  /** How many instructions there are. */
  get size(): number {
    return this.#size;
  }

  /** How many calls there are. */
  get calls(): number {
    return this.#calls;
  }

  /** The number by which calls refer to it. What is never called is left out in the end. */
  subprogram(program: Program): number {
    return this.#subprograms.push(program) - 1;
  }

  typeOf(value: ValueId): ValueType {
    const type = this.#values[value];
    if (type === undefined) throw new Error(`no value ${value}`);
    return type;
  }

  constant(block: BlockId, value: bigint): ValueId {
    return this.#define(block, INTEGER, (result) => ({ op: 'constant', value: BigInt.asIntN(64, value), result }));
  }

  relocation(block: BlockId, name: string, width: 32 | 64): ValueId {
    return this.#define(block, INTEGER, (result) => ({ op: 'relocation', name, width, result }));
  }

  alu(block: BlockId, operation: AluOperation, left: ValueId, right: ValueId): ValueId {
    return this.#define(block, INTEGER, (result) => ({ op: 'alu', operation, left, right, result }));
  }

  truncate(block: BlockId, value: ValueId, width: 8 | 16 | 32): ValueId {
    return this.#define(block, INTEGER, (result) => ({ op: 'truncate', width, value, result }));
  }

  swap(block: BlockId, value: ValueId, width: 16 | 32 | 64): ValueId {
    return this.#define(block, INTEGER, (result) => ({ op: 'swap', width, value, result }));
  }

  compare(block: BlockId, relation: Relation, left: ValueId, right: ValueId): ValueId {
    return this.#define(block, INTEGER, (result) => ({ op: 'compare', relation, left, right, result }));
  }

  load(block: BlockId, address: ValueId, offset: number, width: Width): ValueId {
    return this.#define(block, INTEGER, (result) => ({ op: 'load', address, offset, width, result }));
  }

  /** Of what others write at any time. */
  loadVolatile(block: BlockId, address: ValueId, offset: number, width: Width): ValueId {
    return this.#define(block, INTEGER, (result) => ({ op: 'load', address, offset, width, isVolatile: true, result }));
  }

  store(block: BlockId, address: ValueId, offset: number, width: Width, value: ValueId): void {
    this.#append(block, { op: 'store', address, offset, width, value });
  }

  offset(block: BlockId, base: ValueId, by: ValueId): ValueId {
    return this.#define(block, this.typeOf(base), (result) => ({ op: 'offset', base, by, result }));
  }

  packetStart(block: BlockId, epoch: number): ValueId {
    return this.#define(block, pointer('packet'), (result) => ({ op: 'packet-start', epoch, result }));
  }

  packetEnd(block: BlockId, epoch: number): ValueId {
    return this.#define(block, pointer('packet-end'), (result) => ({ op: 'packet-end', epoch, result }));
  }

  stack(block: BlockId, slot: number): ValueId {
    return this.#define(block, pointer(`stack ${slot}`), (result) => ({ op: 'stack', slot, result }));
  }

  map(block: BlockId, name: string): ValueId {
    return this.#define(block, pointer('map'), (result) => ({ op: 'map', name, result }));
  }

  /** `region`: another name for its memory, where pointers into several maps meet. */
  mapValue(block: BlockId, name: string, offset: number, region: Region = `value ${name}`): ValueId {
    return this.#define(block, pointer(region), (result) => ({ op: 'map-value', name, offset, result }));
  }

  /** `result`: what the helper gives; a pointer that may be null keeps its region and is compared with 0 before use. */
  call(block: BlockId, helper: string, args: readonly ValueId[], result: ValueType = INTEGER): ValueId {
    return this.#define(block, result, (id) => ({ op: 'call', helper, arguments: args, result: id }));
  }

  /** What subprogram `index` returns. */
  callSubprogram(block: BlockId, index: number, args: readonly ValueId[]): ValueId {
    const call = { op: 'call', helper: 'subprogram', subprogram: index, arguments: args } as const;
    return this.#define(block, INTEGER, (result) => ({ ...call, result }));
  }

  atomic(
    block: BlockId,
    operation: AtomicOperation,
    at: { readonly address: ValueId; readonly offset: number; readonly width: 32 | 64 },
    value: ValueId,
  ): ValueId {
    return this.#define(block, INTEGER, (result) => ({ op: 'atomic', operation, ...at, value, result }));
  }

  phi(block: BlockId, inputs: Phi['inputs'], type: ValueType = INTEGER): ValueId {
    const result = this.#value(type);
    this.#open(block).phis.push({ result, inputs });
    return result;
  }

  /** Gives a phi of a loop header the inputs that were not known when it was made. */
  completePhi(block: BlockId, result: ValueId, inputs: Phi['inputs']): void {
    const { phis } = this.#open(block);
    const index = phis.findIndex((phi) => phi.result === result);
    if (index < 0) throw new Error(`block ${block} has no phi ${result}`);
    phis[index] = { result, inputs };
  }

  /** The block is the head of a loop that goes round so often at most. */
  limitRounds(block: BlockId, rounds: number): void {
    this.#open(block).rounds = rounds;
  }

  terminate(block: BlockId, terminator: Terminator): void {
    const open = this.#open(block);
    if (open.terminator !== undefined) throw new Error(`block ${block} is ended already`);
    open.terminator = this.at === undefined ? terminator : { ...terminator, at: this.at };
  }

  /** Control seldom comes to a block: the other side of the branch to it is the common one, where nothing else was said. */
  expectNot(block: BlockId): void {
    const leads = (one: OpenBlock) =>
      one.terminator?.op === 'branch' && (one.terminator.then === block || one.terminator.otherwise === block);
    const from = this.#blocks.findLast(leads);
    if (from?.terminator?.op !== 'branch' || from.terminator.likely !== undefined) return;
    from.terminator = { ...from.terminator, likely: from.terminator.then === block ? 'otherwise' : 'then' };
  }

  isOpen(block: BlockId): boolean {
    return this.#open(block).terminator === undefined;
  }

  /** How far the program is; `rollback` takes back all that was made since. */
  mark(): Mark {
    const blocks = this.#blocks.map(({ phis, instructions, terminator }) => ({
      phis: [...phis],
      instructions: instructions.length,
      terminator,
    }));
    return { values: this.#values.length, slots: this.#slots.length, size: this.#size, calls: this.#calls, blocks };
  }

  rollback(mark: Mark): void {
    this.#values.length = mark.values;
    this.#slots.length = mark.slots;
    this.#size = mark.size;
    this.#calls = mark.calls;
    this.#blocks.length = mark.blocks.length;
    for (const [id, { phis, instructions, terminator }] of mark.blocks.entries()) {
      const open = this.#open(id);
      open.phis.splice(0, open.phis.length, ...phis);
      open.instructions.length = instructions;
      open.terminator = terminator;
    }
  }

  finish(): Program {
    const blocks = this.#blocks.map(({ phis, instructions, terminator, rounds }, id): Block => {
      if (terminator === undefined) throw new Error(`block ${id} of ${this.name} was never ended`);
      return { id, phis, instructions, terminator, ...(rounds !== undefined && { rounds }) };
    });
    const { name, hook, context } = this;
    return {
      ...{ name, hook, context, values: this.#values, slots: this.#slots, blocks },
      ...(this.#parameters !== undefined && { parameters: this.#parameters }),
      ...(this.#subprograms.length > 0 && { subprograms: this.#subprograms }),
    };
  }

  #value(type: ValueType): ValueId {
    this.#values.push(type);
    return this.#values.length - 1;
  }

  #define(block: BlockId, type: ValueType, make: (result: ValueId) => Instruction): ValueId {
    const result = this.#value(type);
    this.#append(block, make(result));
    return result;
  }

  #append(block: BlockId, instruction: Instruction): void {
    const open = this.#open(block);
    if (open.terminator !== undefined) throw new Error(`block ${block} is ended already`);
    this.#size++;
    if (instruction.op === 'call') this.#calls++;
    open.instructions.push(this.at === undefined ? instruction : { ...instruction, at: this.at });
  }

  #open(block: BlockId): OpenBlock {
    const open = this.#blocks[block];
    if (open === undefined) throw new Error(`no block ${block}`);
    return open;
  }
}
