import { at } from '../../ir/at.ts';
import { graphOf } from '../../ir/graph.ts';
import type { Interval } from '../../ir/interval.ts';
import { loopCarried } from '../../ir/loop-carried.ts';
import { resultOf, withOperands, withTerminatorOperands } from '../../ir/operands.ts';
import { exactResult, type Ranges, rangesOf, rangesOfSome } from '../../ir/ranges.ts';
import type { Block, BlockId, Instruction, Program, Terminator, ValueId, ValueType } from '../../ir/types.ts';
import { instructionsByResult, useCounts } from '../../ir/uses.ts';
import { resolver, substitute, substituteInBlock } from '../substitute.ts';
import { verifierReasoning } from '../verifier-reasoning.ts';
import { betterOffset, folded } from './address.ts';
import { betterAlu, unshifted } from './alu.ts';
import { betterCompare } from './compare.ts';
import type { Context, Unnamed } from './context.ts';
import { betterSwap, betterTruncate, lowPart } from './conversion.ts';
import { possibleBits } from './possible-bits.ts';

/** Replaces instructions by cheaper ones that compute the same, by local algebra and by the bounds of values. */
export function simplify(program: Program): Program {
  return new Simplifier(program).run();
}

/** A rule that undid another would go on for ever. */
const MOST_STEPS = 32;

class Simplifier {
  readonly #program: Program;
  readonly #values: ValueType[];
  readonly #definitions: (Instruction | undefined)[];
  readonly #order: readonly BlockId[];
  readonly #ranges: Ranges;
  readonly #carried: ReadonlySet<ValueId>;
  readonly #proved: Ranges;
  readonly #uses: Uint32Array;
  readonly #made = new Map<ValueId, Interval>();
  readonly #constants = new Map<bigint, ValueId>();
  readonly #newConstants: Instruction[] = [];
  readonly #replacements = new Map<ValueId, ValueId>();
  readonly #resolve = resolver(this.#replacements);
  #block: BlockId = 0;
  #out: Instruction[] = [];
  #changed = false;

  constructor(program: Program) {
    this.#program = program;
    this.#values = [...program.values];
    this.#definitions = [...instructionsByResult(program)];
    const graph = graphOf(program);
    this.#order = graph.order;
    this.#ranges = rangesOf(program);
    this.#carried = loopCarried(program, graph);
    this.#proved = this.#carried.size === 0 ? this.#ranges : rangesOfSome(program, this.#carried, verifierReasoning);
    this.#uses = useCounts(program);
    for (const instruction of at(program.blocks, 0).instructions) {
      if (instruction.op === 'constant') this.#constants.set(instruction.value, instruction.result);
    }
  }

  run(): Program {
    const blocks: Block[] = [...this.#program.blocks];
    for (const id of this.#order) {
      const { phis, instructions, terminator } = substituteInBlock(at(this.#program.blocks, id), this.#resolve);
      this.#block = id;
      this.#out = [];
      for (const instruction of instructions) this.#instruction(instruction);
      blocks[id] = { id, phis, instructions: this.#out, terminator: this.#terminator(terminator) };
    }
    if (!this.#changed) return this.#program;
    const entry = at(blocks, 0);
    blocks[0] = { ...entry, instructions: [...this.#newConstants, ...entry.instructions] };
    return substitute({ ...this.#program, values: this.#values, blocks }, this.#replacements);
  }

  readonly #context: Context = {
    definition: (value) => this.#definitions[value],
    constant: (value) => {
      const definition = this.#definitions[value];
      return definition?.op === 'constant' ? definition.value : undefined;
    },
    range: (value) => this.#made.get(value) ?? this.#range(value),
    rangeAnywhere: (value) => this.#made.get(value) ?? this.#reasoned(value).of(value),
    bits: (value) => possibleBits(value, this.#context),
    isPointer: (value) => at(this.#values, value).kind === 'pointer',
    usedOnce: (value) => this.#uses[value] === 1,
    make: (instruction) => this.#make(instruction),
    makeConstant: (value) => this.#makeConstant(value),
  };

  /** Of what goes round in a loop, only what the verifier knows too: it must still see the loop come to its end. */
  #range(value: ValueId): Interval {
    return this.#reasoned(value).in(value, this.#block);
  }

  #reasoned(value: ValueId): Ranges {
    return this.#carried.has(value) ? this.#proved : this.#ranges;
  }

  #instruction(original: Instruction): void {
    const result = resultOf(original);
    let instruction: Instruction = withOperands(original, (value) => this.#settled(value));
    for (let step = 0; step < MOST_STEPS; step++) {
      const better = this.#better(instruction);
      if (better === undefined) break;
      this.#changed = true;
      if (typeof better === 'number') {
        if (result !== undefined) this.#replacements.set(result, better);
        return;
      }
      instruction = named(better, original);
    }
    if (result !== undefined) this.#definitions[result] = instruction;
    this.#out.push(instruction);
  }

  /** The constant that a value must be at this place, if there is only one. */
  #settled(value: ValueId): ValueId {
    const definition = this.#definitions[value];
    if (definition?.op === 'constant' || this.#context.isPointer(value)) return value;
    const { lo, hi } = this.#context.range(value);
    if (lo !== hi) return value;
    this.#changed = true;
    return this.#makeConstant(lo);
  }

  #better(instruction: Instruction): ValueId | Unnamed | Instruction | undefined {
    switch (instruction.op) {
      case 'alu':
        return betterAlu(instruction, this.#context);
      case 'truncate':
        return betterTruncate(instruction, this.#context);
      case 'swap':
        return betterSwap(instruction, this.#context);
      case 'compare':
        return betterCompare(instruction, this.#context);
      case 'offset':
        return betterOffset(instruction, this.#context);
      case 'load':
      case 'store':
      case 'atomic':
        return this.#access(instruction);
      default:
        return undefined;
    }
  }

  #access(instruction: Extract<Instruction, { op: 'load' | 'store' | 'atomic' }>): Instruction | undefined {
    const { pointer, distance } = folded(instruction.address, instruction.offset, this.#context);
    const value = instruction.op === 'store' ? lowPart(instruction.value, instruction.width, this.#context) : undefined;
    if (instruction.op === 'store' && value !== undefined && value !== instruction.value) {
      return { ...instruction, address: pointer, offset: distance, value };
    }
    if (pointer === instruction.address) return undefined;
    return { ...instruction, address: pointer, offset: distance };
  }

  #terminator(terminator: Terminator): Terminator {
    if (terminator.op === 'branch') return this.#branch(terminator);
    if (terminator.op !== 'in-packet') return withTerminatorOperands(terminator, (value) => this.#settled(value));
    const { pointer, distance } = folded(terminator.pointer, terminator.size, this.#context);
    // Only as far as the verifier follows, and never to a check in front of the pointer.
    if (pointer === terminator.pointer || distance < terminator.size || distance > 0xffff) return terminator;
    this.#changed = true;
    return { ...terminator, pointer, size: distance };
  }

  #branch(terminator: Extract<Terminator, { op: 'branch' }>): Terminator {
    const condition = this.#settled(terminator.condition);
    const found = unshifted(condition, this.#context);
    if (found !== undefined) {
      this.#changed = true;
      return { ...terminator, condition: this.#make(found.bits) };
    }
    return condition === terminator.condition ? terminator : { ...terminator, condition };
  }

  #make(unnamed: Unnamed): ValueId {
    const type: ValueType = unnamed.op === 'offset' ? at(this.#values, unnamed.base) : { kind: 'integer' };
    const result = this.#values.push(type) - 1;
    this.#instruction({ ...unnamed, result });
    const resolved = this.#resolve(result);
    const definition = this.#definitions[resolved];
    if (definition !== undefined && !this.#made.has(resolved) && resolved === result) {
      this.#made.set(result, exactResult(definition, this.#context.range));
    }
    return resolved;
  }

  #makeConstant(value: bigint): ValueId {
    const known = this.#constants.get(value);
    if (known !== undefined) return known;
    const result = this.#values.push({ kind: 'integer' }) - 1;
    const constant: Instruction = { op: 'constant', value, result };
    this.#constants.set(value, result);
    this.#newConstants.push(constant);
    this.#definitions[result] = constant;
    this.#made.set(result, { lo: value, hi: value });
    return result;
  }
}

/** The instruction with the result and the place of the one it replaces. */
function named(better: Unnamed | Instruction, original: Instruction): Instruction {
  const result = resultOf(original);
  const placed = original.at === undefined ? better : { ...better, at: original.at };
  if (placed.op === 'store' || result === undefined)
    return original.op === 'store' && placed.op === 'store' ? placed : original;
  return { ...placed, result };
}
