// Instruction selection: SSA in, two-address code on virtual registers out. A value keeps its number as a register;
// constants and addresses of slots and maps are made where they are used and occupy none in between.

import { MIRRORED } from '../ir/arithmetic.ts';
import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { successorsOf } from '../ir/operands.ts';
import {
  type AluOperation,
  type Block,
  type BlockId,
  type Instruction,
  type Location,
  type Program,
  parametersOf,
  type Relation,
  type Terminator,
  type ValueId,
} from '../ir/types.ts';
import { type Definitions, instructionsByResult, useCounts } from '../ir/uses.ts';
import { HOOKS } from './hooks.ts';
import {
  ARGUMENTS,
  type Base,
  FIRST_VIRTUAL,
  type MachineAlu,
  type MachineBlock,
  type MachineInstruction,
  type MachineProgram,
  type MachineTerminator,
  type Operand,
  RESULT,
  type Register,
} from './machine.ts';
import type { WithPacketEnds } from './packet-ends.ts';
import { sequentialMoves } from './parallel-moves.ts';
import { isWord } from './word.ts';

/** Of a program whose critical edges are split and whose bounds checks have packet ends. */
export function select({ program, ends }: WithPacketEnds): MachineProgram {
  return new Selector(program, ends).run();
}

type Op<Name extends Instruction['op']> = Extract<Instruction, { op: Name }>;

const ALU: Readonly<Record<AluOperation, MachineAlu>> = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: 'div',
  mod: 'mod',
  and: 'and',
  or: 'or',
  xor: 'xor',
  shl: 'lsh',
  shr: 'rsh',
  sar: 'arsh',
};
const COMMUTATIVE: ReadonlySet<AluOperation> = new Set(['add', 'mul', 'and', 'or', 'xor']);
const SHIFTS: ReadonlySet<AluOperation> = new Set(['shl', 'shr', 'sar']);

const fitsSigned32 = (value: bigint): boolean => BigInt.asIntN(32, value) === value;
const fitsUnsigned32 = (value: bigint): boolean => BigInt.asUintN(32, value) === value;
const immediate = (value: bigint): Operand => ({ immediate: Number(BigInt.asIntN(32, value)) });

class Selector {
  readonly #program: Program;
  readonly #ends: WithPacketEnds['ends'];
  readonly #definitions: Definitions;
  readonly #uses: Uint32Array;
  #next: Register;
  #out: MachineInstruction[] = [];
  #at: Location | undefined;

  constructor(program: Program, ends: WithPacketEnds['ends']) {
    this.#program = program;
    this.#ends = ends;
    this.#definitions = instructionsByResult(program);
    this.#uses = useCounts(program);
    this.#next = FIRST_VIRTUAL + program.values.length;
  }

  run(): MachineProgram {
    const { loopDepth } = graphOf(this.#program);
    const blocks = this.#program.blocks.map((block) => this.#block(block, at(loopDepth, block.id)));
    return { blocks, slots: this.#program.slots, nextRegister: this.#next, reluctant: this.#offsetSources() };
  }

  #block(block: Block, loopDepth: number): MachineBlock {
    this.#out = [];
    this.#at = undefined;
    if (block.id === 0) {
      for (const [index, value] of parametersOf(this.#program).entries()) {
        this.#move(registerFor(value), at(ARGUMENTS, index));
      }
    }
    for (const instruction of block.instructions) {
      this.#at = instruction.at;
      this.#instruction(instruction);
    }
    this.#at = block.terminator.at;
    this.#phiMoves(block);
    const terminator = this.#terminator(block);
    return { instructions: this.#out, terminator, loopDepth };
  }

  /** Integers from which pointers are made: their bounds must not go by way of a spill slot. */
  #offsetSources(): ReadonlySet<Register> {
    const sources = new Set<Register>();
    for (const definition of this.#definitions) {
      if (definition?.op === 'offset' && this.#constant(definition.by) === undefined) {
        sources.add(registerFor(definition.by));
        const by = this.#definitions[definition.by];
        if (by?.op === 'alu') sources.add(registerFor(by.left)).add(registerFor(by.right));
      }
    }
    return sources;
  }

  #emit(instruction: MachineInstruction): void {
    this.#out.push(this.#at === undefined ? instruction : { ...instruction, at: this.#at });
  }

  #fresh(): Register {
    return this.#next++;
  }

  #move(dst: Register, src: Register, width: 32 | 64 = 64): void {
    this.#emit({ op: 'move', dst, src, width });
  }

  #constant(value: ValueId): bigint | undefined {
    const definition = this.#definitions[value];
    return definition?.op === 'constant' ? definition.value : undefined;
  }

  #isWord(value: ValueId): boolean {
    return isWord(value, this.#definitions);
  }

  /** Puts a value into a given register. */
  #into(dst: Register, value: ValueId): void {
    const definition = this.#definitions[value];
    const slot = this.#slotAddress(value);
    if (definition?.op === 'constant') this.#emit({ op: 'constant', dst, value: definition.value });
    else if (definition?.op === 'relocation') {
      this.#emit({ op: 'relocation', dst, name: definition.name, width: definition.width });
    } else if (definition?.op === 'map') this.#emit({ op: 'map', dst, name: definition.name });
    else if (slot !== undefined) this.#emit({ op: 'slot-address', dst, ...slot });
    else this.#move(dst, registerFor(value));
  }

  /** Whether the value is made anew at each use. */
  #isLeaf(value: ValueId): boolean {
    const op = this.#definitions[value]?.op;
    return op === 'constant' || op === 'relocation' || op === 'map' || this.#slotAddress(value) !== undefined;
  }

  /** A register that holds the value. */
  #register(value: ValueId): Register {
    if (!this.#isLeaf(value)) return registerFor(value);
    const made = this.#fresh();
    this.#into(made, value);
    return made;
  }

  /** As an immediate that is used as 32 bits. */
  #relocated(value: ValueId): Operand | undefined {
    const definition = this.#definitions[value];
    const fits = definition?.op === 'relocation' && definition.width === 32;
    return fits ? { immediate: 0, relocation: definition.name } : undefined;
  }

  #operand(value: ValueId): Operand {
    const constant = this.#constant(value);
    return constant !== undefined && fitsSigned32(constant) ? immediate(constant) : { register: this.#register(value) };
  }

  #slotAddress(value: ValueId): { readonly slot: number; readonly offset: number } | undefined {
    const { root, offset } = this.#rooted(value);
    const definition = this.#definitions[root];
    return definition?.op === 'stack' ? { slot: definition.slot, offset } : undefined;
  }

  /** The pointer under any number of constant offsets, as far as the sum fits an instruction. */
  #rooted(value: ValueId): { readonly root: ValueId; readonly offset: number } {
    let [root, offset] = [value, 0n];
    for (;;) {
      const definition = this.#definitions[root];
      const by = definition?.op === 'offset' ? this.#constant(definition.by) : undefined;
      if (definition?.op !== 'offset' || by === undefined) break;
      if (BigInt.asIntN(16, offset + by) !== offset + by) break;
      offset += by;
      root = definition.base;
    }
    return { root, offset: Number(offset) };
  }

  #address(pointer: ValueId, offset: number): { readonly base: Base; readonly offset: number } {
    const rooted = this.#rooted(pointer);
    const sum = rooted.offset + offset;
    const fits = sum >= -0x8000 && sum <= 0x7fff;
    const [root, rest] = fits ? [rooted.root, sum] : [pointer, offset];
    const definition = this.#definitions[root];
    if (definition?.op === 'stack') return { base: { slot: definition.slot }, offset: rest };
    return { base: { register: this.#register(root) }, offset: rest };
  }

  #instruction(instruction: Instruction): void {
    switch (instruction.op) {
      case 'constant':
      case 'relocation':
      case 'stack':
      case 'map':
        return;
      case 'alu':
        this.#alu(instruction);
        return;
      case 'truncate':
        this.#truncate(instruction);
        return;
      case 'swap':
        this.#into(registerFor(instruction.result), instruction.value);
        this.#emit({ op: 'swap', dst: registerFor(instruction.result), width: instruction.width });
        return;
      case 'compare':
        this.#emit({ op: 'test', dst: registerFor(instruction.result), ...this.#test(instruction) });
        return;
      case 'load':
        this.#load(instruction);
        return;
      case 'load-pointer': {
        const { address, offset, result } = instruction;
        this.#emit({ op: 'load', dst: registerFor(result), ...this.#address(address, offset), width: 64 });
        return;
      }
      case 'store':
        this.#store(instruction);
        return;
      case 'offset':
        this.#offset(instruction);
        return;
      case 'packet-start':
      case 'packet-end':
        this.#packetBound(instruction);
        return;
      case 'map-value': {
        const { name, offset, result } = instruction;
        this.#emit({ op: 'map-value', dst: registerFor(result), name, offset });
        return;
      }
      case 'call':
        this.#call(instruction);
        return;
      case 'atomic':
        this.#atomic(instruction);
        return;
    }
  }

  #alu(instruction: Op<'alu'>): void {
    const dst = registerFor(instruction.result);
    const { operation } = instruction;
    const [left, right] = this.#ordered(instruction);
    const constant = this.#constant(right);
    if (operation === 'sub' && this.#constant(left) === 0n) {
      this.#into(dst, right);
      this.#emit({ op: 'negate', dst });
      return;
    }
    const source = this.#aluSource(operation, left, right);
    // The right operand must be in its register before `dst` is written; both are SSA values, so `dst` is neither.
    this.#into(dst, left);
    const narrow = constant !== undefined && 'immediate' in source && !SHIFTS.has(operation) && !fitsSigned32(constant);
    this.#emit({ op: 'alu', operation: ALU[operation], dst, source, width: narrow ? 32 : 64 });
  }

  /** The left operand is copied into the result: better one that is not needed any more, and never a constant. */
  #ordered({ operation, left, right }: Op<'alu'>): readonly [ValueId, ValueId] {
    if (!COMMUTATIVE.has(operation)) return [left, right];
    if (this.#constant(left) !== undefined) return [right, left];
    if (this.#constant(right) !== undefined) return [left, right];
    return at(this.#uses, left) > 1 && at(this.#uses, right) === 1 ? [right, left] : [left, right];
  }

  #aluSource(operation: AluOperation, left: ValueId, right: ValueId): Operand {
    const constant = this.#constant(right);
    if (constant === undefined) return { register: this.#register(right) };
    // The verifier refuses shifts by 64 and more, and division by the constant 0.
    if (SHIFTS.has(operation)) return immediate(constant & 63n);
    const divides = operation === 'div' || operation === 'mod';
    if (fitsSigned32(constant) && !(divides && constant === 0n)) return immediate(constant);
    // A 32-bit operation clears the upper half: right for `and` always, for `or` and `xor` if there was nothing.
    const clears = operation === 'and' || ((operation === 'or' || operation === 'xor') && this.#isWord(left));
    if (clears && fitsUnsigned32(constant)) return immediate(constant);
    return { register: this.#register(right) };
  }

  #truncate({ value, width, result }: Op<'truncate'>): void {
    const dst = registerFor(result);
    const constant = this.#constant(value);
    if (constant !== undefined) {
      this.#emit({ op: 'constant', dst, value: BigInt.asUintN(width, constant) });
      return;
    }
    if (width === 32) {
      this.#move(dst, this.#register(value), 32);
      return;
    }
    this.#into(dst, value);
    this.#emit({ op: 'alu', operation: 'and', dst, source: { immediate: 2 ** width - 1 }, width: 64 });
  }

  #test({ relation, left, right }: Pick<Op<'compare'>, 'relation' | 'left' | 'right'>): {
    readonly test: Relation;
    readonly left: Register;
    readonly right: Operand;
    readonly width: 32 | 64;
  } {
    const isKnown = (value: ValueId) => this.#constant(value) !== undefined || this.#relocated(value) !== undefined;
    if (isKnown(left) && !isKnown(right)) {
      return this.#test({ relation: MIRRORED[relation], left: right, right: left });
    }
    const constant = this.#constant(right);
    const unsignedTest = !relation.startsWith('s');
    const relocated = this.#relocated(right);
    if (relocated !== undefined && unsignedTest && this.#isWord(left)) {
      return { test: relation, left: this.#register(left), right: relocated, width: 32 };
    }
    if (constant !== undefined && !fitsSigned32(constant) && fitsUnsigned32(constant)) {
      if (unsignedTest && this.#isWord(left)) {
        return { test: relation, left: this.#register(left), right: immediate(constant), width: 32 };
      }
    }
    return { test: relation, left: this.#register(left), right: this.#operand(right), width: 64 };
  }

  #load({ address, offset, width, result }: Op<'load'>): void {
    this.#emit({ op: 'load', dst: registerFor(result), ...this.#address(address, offset), width });
  }

  #store({ address, offset, width, value }: Op<'store'>): void {
    const place = this.#address(address, offset);
    this.#emit({ op: 'store', ...place, width, source: this.#stored(address, width, value) });
  }

  #stored(address: ValueId, width: number, value: ValueId): Operand {
    const constant = this.#constant(value);
    const type = at(this.#program.values, address);
    // The verifier takes no immediate stores into the context.
    const toContext = type.kind === 'pointer' && type.region === 'context';
    const relocated = width === 32 && !toContext ? this.#relocated(value) : undefined;
    if (relocated !== undefined) return relocated;
    if (constant === undefined || toContext) return { register: this.#register(value) };
    const low = width === 64 ? constant : BigInt.asIntN(width, constant);
    return fitsSigned32(low) ? immediate(low) : { register: this.#register(value) };
  }

  #offset({ base, by, result }: Op<'offset'>): void {
    const dst = registerFor(result);
    if (this.#slotAddress(result) !== undefined) return;
    const source = this.#operand(by);
    this.#into(dst, base);
    this.#emit({ op: 'alu', operation: 'add', dst, source, width: 64 });
  }

  #packetBound({ op, result }: Op<'packet-start' | 'packet-end'>): void {
    const hook = HOOKS[this.#program.hook];
    const offset = op === 'packet-start' ? hook.packetStart : hook.packetEnd;
    const base = { register: registerFor(this.#program.context) };
    this.#emit({ op: 'load', dst: registerFor(result), base, offset, width: 32 });
  }

  #call(call: Op<'call'>): void {
    const { helper, arguments: values, subprogram, result } = call;
    if (subprogram !== undefined && helper === 'loop') this.#loop(call, subprogram);
    else {
      values.forEach((value, index) => {
        this.#into(at(ARGUMENTS, index), value);
      });
      this.#emit({ op: 'call', callee: subprogram ?? helper, arity: values.length });
    }
    if (at(this.#uses, result) > 0) this.#move(registerFor(result), RESULT);
  }

  /** `bpf_loop(rounds, callback, memory, 0)`. Since 5.17. */
  #loop({ arguments: [rounds = 0, memory = 0] }: Op<'call'>, subprogram: number): void {
    this.#into(at(ARGUMENTS, 0), rounds);
    this.#emit({ op: 'subprogram', dst: at(ARGUMENTS, 1), subprogram });
    this.#into(at(ARGUMENTS, 2), memory);
    this.#emit({ op: 'constant', dst: at(ARGUMENTS, 3), value: 0n });
    this.#emit({ op: 'call', callee: 'loop', arity: 4 });
  }

  #atomic({ operation, address, offset, width, value, result }: Op<'atomic'>): void {
    const place = this.#address(address, offset);
    const fetch = operation === 'exchange' || at(this.#uses, result) > 0;
    if (!fetch) {
      this.#emit({ op: 'atomic', operation, ...place, width, src: this.#register(value), fetch });
      return;
    }
    const src = registerFor(result);
    this.#into(src, value);
    this.#emit({ op: 'atomic', operation, ...place, width, src, fetch });
  }

  #phiMoves(block: Block): void {
    const moves: { dst: Register; src: Register }[] = [];
    const leaves: { dst: Register; value: ValueId }[] = [];
    for (const next of successorsOf(block.terminator)) {
      for (const { result, inputs } of at(this.#program.blocks, next).phis) {
        const value = inputs.find((input) => input.block === block.id)?.value;
        if (value === undefined) continue;
        const dst = registerFor(result);
        if (this.#isLeaf(value)) leaves.push({ dst, value });
        else moves.push({ dst, src: registerFor(value) });
      }
    }
    for (const { dst, src } of sequentialMoves(moves, () => this.#fresh())) this.#move(dst, src);
    for (const { dst, value } of leaves) this.#into(dst, value);
  }

  #terminator({ id, terminator }: Block): MachineTerminator {
    switch (terminator.op) {
      case 'jump':
        return { op: 'jump', target: terminator.target };
      case 'return':
        this.#into(RESULT, terminator.value);
        return { op: 'return', at: terminator.at };
      case 'branch':
        return this.#branch(terminator);
      case 'in-packet':
        return this.#inPacket(terminator, registerFor(endOf(this.#ends, id)));
    }
  }

  #branch({
    condition,
    then,
    otherwise,
    likely,
    at: location,
  }: Extract<Terminator, { op: 'branch' }>): MachineTerminator {
    const rest = { then, otherwise, likely, at: location };
    const definition = this.#definitions[condition];
    const bits = this.#bitTest(condition);
    if (bits !== undefined) {
      const test = { op: 'branch', test: 'set', left: bits.left, right: bits.right, width: 64 } as const;
      return bits.negated ? { ...test, ...exchanged(rest) } : { ...test, ...rest };
    }
    if (definition?.op === 'compare') return { op: 'branch', ...this.#test(definition), ...rest };
    const left = this.#register(condition);
    return { op: 'branch', test: 'ne', left, right: { immediate: 0 }, width: 64, ...rest };
  }

  /** `(value & mask) != 0` is one instruction if nothing else needs the masked value. */
  #bitTest(condition: ValueId) {
    const comparison = this.#definitions[condition];
    const isZeroTest = comparison?.op === 'compare' && /^(eq|ne)$/.test(comparison.relation);
    if (comparison?.op === 'compare' && !(isZeroTest && this.#constant(comparison.right) === 0n)) return undefined;
    const masked = comparison?.op === 'compare' ? comparison.left : condition;
    const mask = this.#definitions[masked];
    if (mask?.op !== 'alu' || mask.operation !== 'and' || this.#uses[masked] !== 1) return undefined;
    const [left, right] = this.#ordered(mask);
    const constant = this.#constant(right);
    if (constant === undefined || !fitsSigned32(constant)) return undefined;
    const negated = comparison?.op === 'compare' && comparison.relation === 'eq';
    return { left: this.#register(left), right: immediate(constant), negated };
  }

  #inPacket({ pointer, size, then, otherwise, at: location }: Extract<Terminator, { op: 'in-packet' }>, end: Register) {
    const { root, offset } = this.#rooted(pointer);
    const beyond = this.#fresh();
    this.#into(beyond, root);
    this.#emit({ op: 'alu', operation: 'add', dst: beyond, source: { immediate: offset + size }, width: 64 });
    const rest = { width: 64, then, otherwise, likely: 'then', at: location } as const;
    return { op: 'branch', test: 'ule', left: beyond, right: { register: end }, ...rest } as const;
  }
}

const registerFor = (value: ValueId): Register => FIRST_VIRTUAL + value;

function endOf(ends: WithPacketEnds['ends'], block: BlockId): ValueId {
  const end = ends.get(block);
  if (end === undefined) throw new Error(`block ${block} checks the packet's bounds without a packet end`);
  return end;
}

interface Sides {
  readonly then: BlockId;
  readonly otherwise: BlockId;
  readonly likely: 'then' | 'otherwise' | undefined;
  readonly at: Location | undefined;
}

function exchanged({ then, otherwise, likely, at: location }: Sides): Sides {
  const other = likely && (likely === 'then' ? 'otherwise' : 'then');
  return { then: otherwise, otherwise: then, likely: other, at: location };
}
