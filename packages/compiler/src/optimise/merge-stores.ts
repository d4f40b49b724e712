import { at } from '../ir/at.ts';
import { operandsOf } from '../ir/operands.ts';
import { rangesOf } from '../ir/ranges.ts';
import type { Block, BlockId, Instruction, Program, ValueId, ValueType, Width } from '../ir/types.ts';
import { type Definitions, instructionsByResult } from '../ir/uses.ts';
import { regionOf } from './aliasing.ts';
import { possibleBits } from './simplify/possible-bits.ts';

type Op<Name extends Instruction['op']> = Extract<Instruction, { op: Name }>;
type Store = Op<'store'>;

/**
 * Writes whole words of the stack instead of their parts. The kernel's hash reads keys as 4-byte words: a word that was
 * stored in parts cannot be forwarded from the store buffer, and the read waits for every earlier store.
 */
export function mergeStores(program: Program): Program {
  return new Merging(program).run();
}

interface Part {
  readonly store: Store;
  readonly index: number;
}

/** An aligned word of a slot and the stores that make it up, lowest address first. */
interface Word {
  readonly offset: number;
  readonly width: 16 | 32 | 64;
  readonly parts: readonly Part[];
}

class Merging {
  readonly #program: Program;
  readonly #values: ValueType[];
  readonly #definitions: Definitions;
  readonly #bases: ReadonlySet<ValueId>;

  constructor(program: Program) {
    this.#program = program;
    this.#values = [...program.values];
    this.#definitions = instructionsByResult(program);
    this.#bases = new Set(this.#definitions.flatMap((one) => (one?.op === 'stack' ? [one.result] : [])));
  }

  run(): Program {
    let changed = false;
    const blocks = this.#program.blocks.map((block) => {
      const words = this.#groups(block).flatMap((group) => this.#words(group, block));
      if (words.length === 0) return block;
      changed = true;
      return this.#rewrite(block, words);
    });
    return changed ? { ...this.#program, values: this.#values, blocks } : this.#program;
  }

  /** Stores to one slot with nothing between them that reads it or writes to an unknown or the same place in it. */
  #groups({ instructions }: Block): readonly (readonly Part[])[] {
    const open = new Map<ValueId, Part[]>();
    const groups: Part[][] = [];
    const close = (base: ValueId) => {
      const group = open.get(base);
      if (group !== undefined) groups.push(group);
      open.delete(base);
    };
    const closeRegion = (pointer: ValueId) => {
      const region = regionOf(this.#program, pointer);
      for (const base of [...open.keys()]) if (regionOf(this.#program, base) === region) close(base);
    };
    instructions.forEach((instruction, index) => {
      if (instruction.op !== 'store') {
        operandsOf(instruction).forEach(closeRegion);
        return;
      }
      if (!this.#bases.has(instruction.address)) {
        closeRegion(instruction.address);
        return;
      }
      const group = open.get(instruction.address) ?? [];
      if (group.some(({ store }) => overlap(store, instruction))) {
        close(instruction.address);
        open.set(instruction.address, [{ store: instruction, index }]);
      } else open.set(instruction.address, [...group, { store: instruction, index }]);
    });
    return [...groups, ...open.values()];
  }

  #words(group: readonly Part[], block: Block): readonly Word[] {
    const parts = group.toSorted((a, b) => a.store.offset - b.store.offset);
    const words: Word[] = [];
    for (let index = 0; index < parts.length; ) {
      const word = ([64, 32, 16] as const)
        .map((width) => this.#wordAt(parts, index, width))
        .find((one) => one !== undefined && this.#isWorthwhile(one, block));
      if (word !== undefined) words.push(word);
      index += word?.parts.length ?? 1;
    }
    return words;
  }

  /** The aligned word that starts with a part and is made of two or more. */
  #wordAt(parts: readonly Part[], start: number, width: 16 | 32 | 64): Word | undefined {
    const offset = at(parts, start).store.offset;
    const bytes = width / 8;
    if (offset % bytes !== 0) return undefined;
    let end = offset;
    let count = start;
    for (; end < offset + bytes; count++) {
      const part = parts[count];
      if (part === undefined || part.store.offset !== end) return undefined;
      end += part.store.width / 8;
    }
    const word: Word = { offset, width, parts: parts.slice(start, count) };
    return end === offset + bytes && count - start > 1 ? word : undefined;
  }

  #constant(value: ValueId): bigint | undefined {
    const definition = this.#definitions[value];
    return definition?.op === 'constant' ? definition.value : undefined;
  }

  #isWorthwhile(word: Word, block: Block): boolean {
    const { offset, width, parts } = word;
    if (width < 64 || this.#source(word, block) !== undefined) return true;
    const variable = parts.filter(({ store }) => this.#constant(store.value) === undefined);
    const sum = this.#constantPart(word);
    if (variable.length === 0) return BigInt.asIntN(32, sum) === BigInt.asIntN(64, sum);
    return variable.length === 1 && at(variable, 0).store.offset === offset && sum === 0n;
  }

  #constantPart({ offset, parts }: Word): bigint {
    let sum = 0n;
    for (const { store } of parts) {
      const value = BigInt.asUintN(store.width, this.#constant(store.value) ?? 0n);
      sum |= value << shiftOf(store, offset);
    }
    return sum;
  }

  #rewrite(block: Block, words: readonly Word[]): Block {
    const merged = new Map(words.map((word) => [Math.max(...word.parts.map(({ index }) => index)), word]));
    const gone = new Set(words.flatMap(({ parts }) => parts.map(({ store }) => store)));
    const loads = new Map<Instruction, readonly Instruction[]>();
    const instructions = block.instructions.flatMap((instruction, index): Instruction[] => {
      const word = merged.get(index);
      if (word !== undefined) return this.#build(word, block, loads);
      return instruction.op === 'store' && gone.has(instruction) ? [] : [instruction];
    });
    const withLoads = instructions.flatMap((instruction) => [...(loads.get(instruction) ?? []), instruction]);
    return { ...block, instructions: withLoads };
  }

  #build(word: Word, block: Block, loads: Map<Instruction, readonly Instruction[]>): Instruction[] {
    const out: Instruction[] = [];
    const location = at(word.parts, 0).store.at;
    const emit = (make: (result: ValueId) => Instruction): ValueId => {
      const result = this.#values.push({ kind: 'integer' }) - 1;
      const made = make(result);
      out.push(location === undefined ? made : { ...made, at: location });
      return result;
    };
    const value = this.#joinedLoad(word, block, loads) ?? this.#assembled(word, block.id, emit);
    const { store } = at(word.parts, 0);
    return [...out, { ...store, width: word.width, value }];
  }

  #assembled(word: Word, block: BlockId, emit: (make: (result: ValueId) => Instruction) => ValueId): ValueId {
    const constant = (value: bigint) => emit((result) => ({ op: 'constant', value: BigInt.asIntN(64, value), result }));
    const join = (operation: 'or' | 'shl', left: ValueId, right: ValueId) =>
      emit((result) => ({ op: 'alu', operation, left, right, result }));
    let sum: ValueId | undefined;
    for (const { store } of word.parts) {
      if (this.#constant(store.value) !== undefined) continue;
      const shift = shiftOf(store, word.offset);
      // What is cut off at the top of the word needs no mask.
      const isTop = Number(shift) + store.width === word.width;
      const clean = isTop ? store.value : this.#masked(store, block, emit);
      const placed = shift === 0n ? clean : join('shl', clean, constant(shift));
      sum = sum === undefined ? placed : join('or', sum, placed);
    }
    const rest = this.#constantPart(word);
    if (sum === undefined) return constant(BigInt.asIntN(word.width, rest));
    return rest === 0n ? sum : join('or', sum, constant(rest));
  }

  #masked({ value, width }: Store, block: BlockId, emit: (make: (result: ValueId) => Instruction) => ValueId): ValueId {
    const ranges = rangesOf(this.#program);
    const known = {
      definition: (one: ValueId) => this.#definitions[one],
      range: (one: ValueId) => ranges.in(one, block),
      rangeAnywhere: (one: ValueId) => ranges.of(one),
    };
    if (width === 64 || possibleBits(value, known) < 1n << BigInt(width)) return value;
    return emit((result) => ({ op: 'truncate', width, value, result }));
  }

  /** The loads of parts that are copied from a word in one piece, which can be copied as that word. */
  #source({ parts }: Word, block: Block): { readonly first: Op<'load'>; readonly last: Op<'load'> } | undefined {
    const sources = parts.flatMap(({ store }) => {
      const load = this.#definitions[store.value];
      return load?.op === 'load' && load.width === store.width ? [{ store, load }] : [];
    });
    const first = sources[0];
    if (first === undefined || sources.length < parts.length) return undefined;
    const isOnePiece = sources.every(
      ({ store, load }) =>
        load.address === first.load.address && load.offset - first.load.offset === store.offset - first.store.offset,
    );
    const places = sources.map(({ load }) => block.instructions.indexOf(load));
    const [from, to] = [Math.min(...places), Math.max(...places)];
    const region = regionOf(this.#program, first.load.address);
    const mayChange = (one: Instruction) =>
      one.op === 'call' ||
      one.op === 'atomic' ||
      (one.op === 'store' && regionOf(this.#program, one.address) === region);
    if (!isOnePiece || from < 0 || block.instructions.slice(from, to).some(mayChange)) return undefined;
    const last = block.instructions[to];
    return last?.op === 'load' ? { first: first.load, last } : undefined;
  }

  #joinedLoad(word: Word, block: Block, loads: Map<Instruction, readonly Instruction[]>): ValueId | undefined {
    const source = this.#source(word, block);
    if (source === undefined) return undefined;
    const { first, last } = source;
    const result = this.#values.push({ kind: 'integer' }) - 1;
    loads.set(last, [...(loads.get(last) ?? []), { ...first, width: word.width, result }]);
    return result;
  }
}

const shiftOf = (store: Store, offset: number): bigint => BigInt((store.offset - offset) * 8);

function overlap(a: { offset: number; width: Width }, b: { offset: number; width: Width }): boolean {
  return a.offset < b.offset + b.width / 8 && b.offset < a.offset + a.width / 8;
}
