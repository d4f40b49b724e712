// What each operation may be applied to.

import { printType } from './print.ts';
import {
  type Block,
  type Instruction,
  type Phi,
  type Program,
  parametersOf,
  type Terminator,
  type ValueId,
  type ValueType,
} from './types.ts';

type Report = (place: string, message: string) => void;

const memory = /^(context|packet|frame|stack \d+|value .+)$/;
const movable = /^(packet|stack \d+|value .+)$/;

export class TypeRules {
  readonly #program: Program;
  readonly #subprograms: readonly Program[];
  readonly #report: Report;
  /** Values that are the constant 0: null. */
  readonly #zeros: ReadonlySet<ValueId>;

  constructor(program: Program, subprograms: readonly Program[], report: Report) {
    this.#program = program;
    this.#subprograms = subprograms;
    this.#report = report;
    const constants = program.blocks.flatMap((block) => block.instructions.filter((one) => one.op === 'constant'));
    this.#zeros = new Set(constants.filter(({ value }) => value === 0n).map(({ result }) => result));
  }

  block(block: Block): void {
    for (const phi of block.phis) this.#phi(phi, `block ${block.id}, phi v${phi.result}`);
    for (const [index, instruction] of block.instructions.entries()) {
      this.#instruction(instruction, `block ${block.id}, instruction ${index}`);
    }
    this.#terminator(block.terminator, `block ${block.id}, terminator`);
  }

  #phi(phi: Phi, place: string): void {
    const type = printType(this.#type(phi.result));
    for (const { block, value } of phi.inputs) {
      const input = printType(this.#type(value));
      const isNull = type !== 'integer' && this.#zeros.has(value);
      if (input !== type && !isNull) this.#report(place, `is ${type}, but its input from block ${block} is ${input}`);
    }
  }

  #instruction(instruction: Instruction, place: string): void {
    switch (instruction.op) {
      case 'constant':
        if (BigInt.asIntN(64, instruction.value) !== instruction.value)
          this.#report(place, 'constant is not a signed 64-bit number');
        this.#result(instruction.result, 'integer', place);
        break;
      case 'relocation':
        this.#result(instruction.result, 'integer', place);
        break;
      case 'alu':
        this.#alu(instruction, place);
        this.#result(instruction.result, 'integer', place);
        break;
      case 'truncate':
      case 'swap':
        this.#integer(instruction.value, place);
        this.#result(instruction.result, 'integer', place);
        break;
      case 'compare':
        this.#compare(instruction, place);
        this.#result(instruction.result, 'integer', place);
        break;
      case 'load':
        this.#access(instruction.address, instruction.offset, instruction.width, place);
        this.#result(instruction.result, 'integer', place);
        break;
      case 'load-pointer':
        this.#access(instruction.address, instruction.offset, 64, place);
        break;
      case 'store':
        if (!this.#isStoredPointer(instruction)) this.#integer(instruction.value, place);
        this.#access(instruction.address, instruction.offset, instruction.width, place);
        break;
      case 'atomic':
        this.#integer(instruction.value, place);
        this.#region(instruction.address, /^value /, 'a map value', place);
        this.#result(instruction.result, 'integer', place);
        break;
      case 'offset':
        this.#integer(instruction.by, place);
        this.#region(instruction.base, movable, 'a pointer into packet, stack or map value', place);
        this.#result(instruction.result, printType(this.#type(instruction.base)), place);
        break;
      case 'packet-start':
        this.#result(instruction.result, 'pointer(packet)', place);
        break;
      case 'packet-end':
        this.#result(instruction.result, 'pointer(packet-end)', place);
        break;
      case 'stack':
        if (this.#program.slots[instruction.slot] === undefined)
          this.#report(place, `there is no slot ${instruction.slot}`);
        this.#result(instruction.result, `pointer(stack ${instruction.slot})`, place);
        break;
      case 'map':
        this.#result(instruction.result, 'pointer(map)', place);
        break;
      case 'map-value':
        this.#region(instruction.result, /^value /, 'a pointer to a value', place);
        break;
      case 'call':
        this.#call(instruction, place);
        break;
    }
  }

  #alu({ operation, left, right }: Extract<Instruction, { op: 'alu' }>, place: string): void {
    const inPacket = (value: ValueId) => /^pointer\(packet(-end)?\)$/.test(printType(this.#type(value)));
    if (operation === 'sub' && inPacket(left) && inPacket(right)) return;
    this.#integer(left, place);
    this.#integer(right, place);
  }

  #compare({ relation, left, right }: Extract<Instruction, { op: 'compare' }>, place: string): void {
    const types = [left, right].map((value) => this.#type(value)?.kind);
    if (!types.includes('pointer')) return;
    if (relation !== 'eq' && relation !== 'ne')
      this.#report(place, `pointers compare with eq and ne only, not with ${relation}`);
    for (const value of [left, right]) {
      if (this.#type(value)?.kind === 'integer' && !this.#zeros.has(value)) {
        this.#report(place, `compares a pointer with integer v${value}, which is not the constant 0`);
      }
    }
  }

  #isStoredPointer({ address, value, width }: Extract<Instruction, { op: 'store' }>): boolean {
    const to = this.#type(address);
    const onStack = to?.kind === 'pointer' && (to.region === 'frame' || to.region.startsWith('stack '));
    return onStack && width === 64 && this.#type(value)?.kind === 'pointer';
  }

  #call({ helper, arguments: operands, subprogram }: Extract<Instruction, { op: 'call' }>, place: string): void {
    const isOurs = helper === 'subprogram' || helper === 'loop';
    if (isOurs !== (subprogram !== undefined))
      this.#report(place, `${helper} does not go with subprogram ${subprogram}`);
    if (subprogram !== undefined) this.#callee(helper, operands, subprogram, place);
    if (!/^[a-z][a-z0-9_]*$/.test(helper) || helper.startsWith('bpf_'))
      this.#report(place, `"${helper}" is not the name of a helper without bpf_`);
    if (operands.length > 5) this.#report(place, `${helper} has ${operands.length} arguments; helpers take at most 5`);
  }

  #callee(helper: string, operands: readonly ValueId[], index: number, place: string): void {
    const callee = this.#subprograms[index];
    if (callee === undefined) {
      this.#report(place, `there is no subprogram ${index}`);
      return;
    }
    const wanted = parametersOf(callee).length;
    if (helper === 'loop' ? wanted !== 2 || operands.length !== 2 : wanted !== operands.length)
      this.#report(place, `${callee.name} takes ${wanted} arguments, ${helper} is given ${operands.length}`);
  }

  #terminator(terminator: Terminator, place: string): void {
    if (terminator.op === 'branch') this.#integer(terminator.condition, place);
    if (terminator.op === 'return') this.#integer(terminator.value, place);
    if (terminator.op === 'in-packet') {
      this.#region(terminator.pointer, /^packet$/, 'a packet pointer', place);
      const { size } = terminator;
      if (!(Number.isInteger(size) && size >= 1 && size <= 0xffff))
        this.#report(place, `size ${size} is not within 1..65535`);
    }
  }

  #access(address: ValueId, offset: number, width: number, place: string): void {
    this.#region(address, memory, 'a pointer into memory', place);
    if (!(Number.isInteger(offset) && offset >= -0x8000 && offset <= 0x7fff))
      this.#report(place, `offset ${offset} does not fit into 16 bits`);
    const type = this.#type(address);
    if (type?.kind === 'pointer' && type.region === 'context' && offset < 0)
      this.#report(place, `the context has no offset ${offset}`);
    if (![8, 16, 32, 64].includes(width)) this.#report(place, `width ${width} is not 8, 16, 32 or 64`);
  }

  #type(value: ValueId): ValueType | undefined {
    return this.#program.values[value];
  }

  #integer(value: ValueId, place: string): void {
    const type = this.#type(value);
    if (type?.kind !== 'integer') this.#report(place, `v${value} is ${printType(type)}, an integer is needed`);
  }

  #region(value: ValueId, allowed: RegExp, wanted: string, place: string): void {
    const type = this.#type(value);
    if (type?.kind !== 'pointer' || !allowed.test(type.region))
      this.#report(place, `v${value} is ${printType(type)}, ${wanted} is needed`);
  }

  #result(result: ValueId, wanted: string, place: string): void {
    const type = printType(this.#type(result));
    if (type !== wanted) this.#report(place, `its result v${result} is declared as ${type}, but is ${wanted}`);
  }
}
