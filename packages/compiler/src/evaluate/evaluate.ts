// Runs a program of the IR directly. It shares no code with the back end: where both agree on a packet, they agree for two
// reasons. What the kernel's verifier refuses is an error here, on the way that this packet takes.

import { printInstruction, printTerminator } from '../ir/print.ts';
import {
  type BlockId,
  type Instruction,
  type Numbers,
  type Program,
  parametersOf,
  type Terminator,
  type ValueId,
} from '../ir/types.ts';
import { alu, atomic, compare, swap } from './arithmetic.ts';
import type { ContextValues } from './context.ts';
import { EvaluationError, Fault } from './fault.ts';
import { helperNamed, knownHelpers } from './helpers/table.ts';
import { Arguments, type Clone, type Input, Machine, MapReference, type Redirect } from './machine.ts';
import { ArrayMap } from './maps/array.ts';
import {
  describe,
  load,
  loadPointer,
  Memory,
  type Operand,
  Pointer,
  present,
  requireAtomic,
  store,
  storePointer,
} from './memory.ts';
import { type Moves, type Plan, planOf } from './plan.ts';

export interface TraceStep {
  readonly program: string;
  readonly block: BlockId;
  /** The instruction or terminator as text. */
  readonly text: string;
  /** What the instruction defines. */
  readonly result: Operand | undefined;
}

export interface Outcome {
  /** All 64 bits without sign; the kernel takes the low 32 as verdict. */
  readonly returned: bigint;
  readonly packet: Uint8Array;
  /** The context's fields behind the run. */
  readonly context: ContextValues;
  readonly redirect: Redirect | undefined;
  readonly clones: readonly Clone[];
  readonly fuelUsed: number;
  /** Empty unless asked for. */
  readonly trace: readonly TraceStep[];
}

const DEFAULT_FUEL = 1_000_000;
/** BPF_MAX_LOOPS. */
const MOST_ROUNDS = 1n << 23n;

/**
 * @throws EvaluationError for what the verifier would refuse on the way this packet takes, and when the fuel is used up.
 *
 * @example
 * const maps = new EvaluatorMaps(specs);
 * const { returned, packet } = evaluate(program, { packet: frame, maps });
 */
export function evaluate(program: Program, input: Input): Outcome {
  const machine = new Machine(program.hook, input);
  const trace: TraceStep[] = [];
  const given = input.fuel ?? DEFAULT_FUEL;
  const tank = { fuel: given };
  for (let next: Program | undefined = program; next !== undefined; ) {
    const { subprograms = [], relocated = {} } = next;
    const running = {
      program: next,
      subprograms,
      relocated,
      machine,
      tank,
      trace: input.trace === true ? trace : undefined,
    };
    const returned = new Run(running, [theContext()]).run();
    next = machine.next;
    machine.next = undefined;
    if (next !== undefined) continue;
    const { frame, context, redirect, clones } = machine;
    return {
      returned,
      packet: frame.bytes.slice(),
      context: context.values(),
      redirect,
      clones,
      fuelUsed: given - tank.fuel,
      trace,
    };
  }
  throw new Error('a program returned nothing');
}

const theContext = () => new Pointer('context', new Memory('the context', new Uint8Array()), 0, present());

interface Running {
  readonly program: Program;
  /** Of the whole program. */
  readonly subprograms: readonly Program[];
  readonly relocated: Numbers;
  readonly machine: Machine;
  /** Instructions that are left, for all that run. */
  readonly tank: { fuel: number };
  readonly trace: TraceStep[] | undefined;
}

/** One program's or subprogram's run, up to its return or a tail call. */
class Run {
  readonly #running: Running;
  readonly #plan: Plan;
  readonly #machine: Machine;
  readonly #registers: (Operand | undefined)[];
  readonly #slots: Memory[];
  readonly #trace: TraceStep[] | undefined;
  /** Where the run stands, for messages. */
  #block: BlockId = 0;
  #index = 0;

  constructor(running: Running, given: readonly (Operand | undefined)[]) {
    this.#running = running;
    const { program, machine, trace } = running;
    this.#plan = planOf(program);
    this.#machine = machine;
    this.#trace = trace;
    this.#registers = new Array<Operand | undefined>(program.values.length).fill(undefined);
    for (const [index, parameter] of parametersOf(program).entries()) this.#registers[parameter] = given[index];
    this.#slots = program.slots.map(
      ({ size, name }, index) => new Memory(`slot ${index} "${name}"`, new Uint8Array(size), { poisoned: true }),
    );
  }

  run(): bigint {
    try {
      return this.#blocks();
    } catch (error) {
      throw error instanceof Fault ? this.#located(error) : error;
    }
  }

  #blocks(): bigint {
    for (let from: BlockId | undefined; ; ) {
      const planned = this.#plan.blocks[this.#block];
      if (planned === undefined) throw new Fault(`there is no block ${this.#block}`, 'Validate the program first.');
      const moves = from === undefined ? undefined : planned.moves.get(from);
      if (moves !== undefined) this.#move(moves);
      const { instructions, terminator } = planned.block;
      this.#burn(instructions.length + 1);
      for (this.#index = 0; this.#index < instructions.length; this.#index++) {
        const instruction = instructions[this.#index];
        if (instruction === undefined) break;
        this.#step(instruction);
        if (this.#machine.next !== undefined) return 0n;
      }
      if (terminator.op === 'return') return this.#return(terminator);
      from = this.#block;
      const target = this.#target(terminator);
      this.#trace?.push(this.#traced(printTerminator(terminator), undefined));
      this.#block = target;
    }
  }

  #burn(amount: number): void {
    const { tank } = this.#running;
    if (tank.fuel < amount)
      throw new Fault('the run used up its fuel', 'A loop does not end, or give the run more fuel.');
    tank.fuel -= amount;
  }

  /** All inputs are read before any result is written. */
  #move({ results, inputs }: Moves): void {
    if (results.length === 1) {
      for (const result of results) this.#registers[result] = this.#registers[inputs[0] ?? -1];
      return;
    }
    const values = inputs.map((input) => this.#registers[input]);
    for (const [index, result] of results.entries()) this.#registers[result] = values[index];
  }

  #step(instruction: Instruction): void {
    const value = this.#execute(instruction);
    if (instruction.op !== 'store') this.#registers[instruction.result] = value;
    this.#trace?.push(this.#traced(printInstruction(instruction, this.#plan.program.values), value));
  }

  #execute(instruction: Instruction): Operand | undefined {
    switch (instruction.op) {
      case 'constant':
        return this.#plan.constants.get(instruction.result);
      case 'relocation':
        return this.#relocation(instruction);
      case 'alu':
        return this.#alu(instruction);
      case 'truncate':
        return BigInt.asUintN(instruction.width, this.#integer(instruction.value));
      case 'swap':
        return swap(instruction.width, this.#integer(instruction.value));
      case 'compare':
        return this.#compare(instruction) ? 1n : 0n;
      case 'load':
        return this.#load(instruction);
      case 'load-pointer':
        return loadPointer(this.#pointer(instruction.address), instruction.offset);
      case 'store':
        this.#store(instruction);
        return undefined;
      case 'offset':
        return this.#offset(instruction);
      case 'packet-start':
        return this.#machine.frame.start();
      case 'packet-end':
        return this.#machine.frame.end();
      case 'stack':
        return new Pointer('stack', this.#slots[instruction.slot], 0, present());
      case 'map':
        return new Pointer('map', new MapReference(this.#machine.maps.get(instruction.name)), 0, present());
      case 'map-value':
        return this.#mapValue(instruction);
      case 'call':
        return this.#call(instruction);
      case 'atomic':
        return this.#atomic(instruction);
    }
  }

  #relocation({ name, width }: Extract<Instruction, { op: 'relocation' }>): bigint {
    const number = this.#running.relocated[name];
    if (number === undefined)
      throw new Fault(`the program is given no number "${name}"`, 'Its `relocated` has to have it.');
    return BigInt.asUintN(width, number);
  }

  #alu({ operation, left, right }: Extract<Instruction, { op: 'alu' }>): bigint {
    const [a, b] = [this.#operand(left), this.#operand(right)];
    if (typeof a === 'bigint' && typeof b === 'bigint') return alu(operation, a, b);
    // Packet end minus packet start.
    if (operation === 'sub' && typeof a !== 'bigint' && typeof b !== 'bigint' && a.memory === b.memory) {
      this.#machine.frame.requireCurrent(a);
      return BigInt.asUintN(64, BigInt(a.offset - b.offset));
    }
    throw new Fault(
      `${operation} of ${describe(a)} and ${describe(b)}`,
      'Only packet pointers of one epoch have a distance.',
    );
  }

  #compare({ relation, left, right }: Extract<Instruction, { op: 'compare' }>): boolean {
    const [a, b] = [this.#operand(left), this.#operand(right)];
    if (typeof a === 'bigint' && typeof b === 'bigint') return compare(relation, a, b);
    if (relation !== 'eq' && relation !== 'ne')
      throw new Fault(`pointers are compared with ${relation}`, 'Pointers are equal or not.');
    return samePlace(a, b) === (relation === 'eq');
  }

  #load({ address, offset, width }: Extract<Instruction, { op: 'load' }>): bigint {
    const pointer = this.#pointer(address);
    return pointer.kind === 'context' ? this.#machine.context.load(offset, width) : load(pointer, offset, width);
  }

  #store({ address, offset, width, value }: Extract<Instruction, { op: 'store' }>): void {
    const [pointer, stored] = [this.#pointer(address), this.#operand(value)];
    if (typeof stored !== 'bigint') {
      storePointer(pointer, offset, this.#pointer(value));
      return;
    }
    const bits = this.#integer(value);
    if (pointer.kind === 'context') this.#machine.context.store(offset, width, bits);
    else store(pointer, offset, width, bits);
  }

  #atomic({ operation, address, offset, width, value }: Extract<Instruction, { op: 'atomic' }>): bigint {
    const [pointer, operand] = [this.#pointer(address), this.#integer(value)];
    requireAtomic(pointer, offset, width);
    const old = load(pointer, offset, width);
    store(pointer, offset, width, atomic(operation, width, old, operand));
    return old;
  }

  #offset({ base, by }: Extract<Instruction, { op: 'offset' }>): Pointer {
    const [pointer, distance] = [this.#pointer(base), Number(BigInt.asIntN(64, this.#integer(by)))];
    if (pointer.kind === 'packet') return this.#machine.frame.moved(pointer, distance, this.#plan.constants.has(by));
    if (!pointer.proof.checked)
      throw new Fault(
        'arithmetic on a pointer that was never compared with null',
        'Test the result of a lookup before its use.',
      );
    return new Pointer(pointer.kind, pointer.memory, pointer.offset + distance, pointer.proof);
  }

  #mapValue({ name, offset }: Extract<Instruction, { op: 'map-value' }>): Pointer {
    const map = this.#machine.maps.get(name);
    if (!(map instanceof ArrayMap) || map.spec.type !== 'array')
      throw new Fault(
        `map-value of map "${name}" of type ${map.spec.type}`,
        'Only the elements of an array have fixed addresses.',
      );
    return new Pointer('value', map.find(new Uint8Array(4), 0), offset, present());
  }

  #call({ helper: name, arguments: ids, subprogram }: Extract<Instruction, { op: 'call' }>): Operand | undefined {
    if (subprogram !== undefined)
      return this.#callOwn(
        name,
        subprogram,
        ids.map((id) => this.#operand(id)),
      );
    const helper = helperNamed(name);
    if (helper === undefined)
      throw new Fault(`the evaluator has no helper "${name}"`, `It has ${knownHelpers.join(', ')}.`);
    if (ids.length !== helper.parameters)
      throw new Fault(
        `${name} is called with ${ids.length} arguments, it takes ${helper.parameters}`,
        'See bpf-helpers(7).',
      );
    if (this.#machine.lock !== undefined && name !== 'spin_unlock')
      throw new Fault(`${name} is called while a lock is held`, 'Release the lock first.');
    return helper.run(
      new Arguments(
        name,
        this.#machine,
        ids.map((id) => this.#operand(id)),
      ),
      this.#machine,
    );
  }

  #callOwn(name: string, index: number, operands: readonly Operand[]): bigint {
    if (this.#machine.lock !== undefined)
      throw new Fault('a subprogram is called while a lock is held', 'Release the lock first.');
    const program = this.#running.subprograms[index];
    if (program === undefined) throw new Fault(`there is no subprogram ${index}`, 'Validate the program first.');
    const call = (given: readonly Operand[]) => new Run({ ...this.#running, program }, given).run();
    if (name === 'subprogram') return call(operands);
    const [rounds, state] = operands;
    if (typeof rounds !== 'bigint' || state === undefined)
      throw new Fault('loop lacks its rounds or its memory', 'Validate the program first.');
    if (BigInt.asUintN(32, rounds) > MOST_ROUNDS) return BigInt.asUintN(64, -7n);
    for (let round = 0n; round < BigInt.asUintN(32, rounds); round++)
      if (call([round, state]) !== 0n) return round + 1n;
    return BigInt.asUintN(32, rounds);
  }

  #target(terminator: Exclude<Terminator, { op: 'return' }>): BlockId {
    switch (terminator.op) {
      case 'jump':
        return terminator.target;
      case 'branch':
        return this.#integer(terminator.condition) !== 0n ? terminator.then : terminator.otherwise;
      case 'in-packet':
        return this.#machine.frame.prove(this.#pointer(terminator.pointer), terminator.size)
          ? terminator.then
          : terminator.otherwise;
    }
  }

  #return(terminator: Extract<Terminator, { op: 'return' }>): bigint {
    const value = this.#integer(terminator.value);
    this.#trace?.push(this.#traced(printTerminator(terminator), value));
    if (this.#machine.lock !== undefined)
      throw new Fault('the program returns while it holds a lock', 'Release the lock first.');
    for (const [memory] of this.#machine.reserved)
      throw new Fault(
        `the program returns, but ${memory.name} was neither submitted nor discarded`,
        'Close what was reserved on every way.',
      );
    return value;
  }

  #operand(id: ValueId): Operand {
    const operand = this.#registers[id];
    if (operand === undefined)
      throw new Fault(
        `v${id} has no value here`,
        'Validate the program; tail_call, spin_lock and the like give no result.',
      );
    return operand;
  }

  #integer(id: ValueId): bigint {
    const operand = this.#operand(id);
    if (typeof operand !== 'bigint')
      throw new Fault(`v${id} is ${describe(operand)}, an integer is needed`, 'Validate the program first.');
    return operand;
  }

  #pointer(id: ValueId): Pointer {
    const operand = this.#operand(id);
    if (typeof operand === 'bigint')
      throw new Fault(
        `v${id} is ${describe(operand)}, a pointer is needed`,
        'Test the result of a lookup before its use.',
      );
    this.#machine.frame.requireCurrent(operand);
    return operand;
  }

  #traced(text: string, result: Operand | undefined): TraceStep {
    return { program: this.#plan.program.name, block: this.#block, text, result };
  }

  #located(fault: Fault): EvaluationError {
    const { program } = this.#plan;
    const block = program.blocks[this.#block];
    const instruction = block?.instructions[this.#index];
    const text =
      instruction !== undefined
        ? printInstruction(instruction, program.values)
        : block !== undefined
          ? printTerminator(block.terminator)
          : '';
    const at = instruction !== undefined ? instruction.at : block?.terminator.at;
    return new EvaluationError(fault, {
      program: program.name,
      block: this.#block,
      instruction: this.#index,
      text,
      at,
    });
  }
}

/** Comparing a pointer with null proves it for all pointers of its origin. */
function samePlace(a: Operand, b: Operand): boolean {
  if (typeof a === 'bigint' || typeof b === 'bigint') {
    const [pointer, integer] = typeof a === 'bigint' ? [b, a] : [a, b];
    if (typeof pointer === 'bigint' || integer !== 0n)
      throw new Fault(
        'a pointer is compared with an integer that is not 0',
        'Pointers compare with null or each other.',
      );
    pointer.proof.checked = true;
    return pointer.memory === undefined;
  }
  return a.memory === b.memory && a.offset === b.offset;
}
