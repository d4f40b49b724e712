import { emitKey, type FieldValues, type KeyValues } from './emit-key.ts';
import { Emitter } from './emitter.ts';
import {
  addressWords,
  COUNT_BIT,
  CUT_BIT,
  firstRoot,
  GUARD_WORD,
  INDEX_BITS_BIT,
  KEY_WORD_BIT,
  LOWEST_BIT,
  layoutOf,
  MAX_RECORDS,
  MAX_STEPS,
  NO_RULE,
  RULE_HALF_BITS,
  recordWords,
  SHIFT_BIT,
} from './layout.ts';
import type { ClassifierShape, Family } from './shape.ts';
import type { SizeClass } from './size-class.ts';
import type { BlockId, PhiInput, ValueId, WalkBuilder } from './walk-builder.ts';

export interface LookupInput {
  readonly shape: ClassifierShape;
  /** Of all addresses in the key. */
  readonly family: Family;
  readonly sizeClass: SizeClass;
  /** Pointer to the map's value, of `sizeClass.valueBytes`. */
  readonly table: ValueId;
  /** In the shape's order: 32-bit words in host order for an address (1 or 4, most significant first), else one number. */
  readonly fields: FieldValues;
}

export interface LookupOutput {
  /** Where the program goes on. */
  readonly block: BlockId;
  /** Number of the first matching rule plus 1; 0: none. Below 2^20. */
  readonly result: ValueId;
}

/** Emits the walk. It keeps to what the verifier can follow: every position is masked with a constant after the last
 *  addition, every loop counts to a constant bound, and the key lies in a slot without uninitialised bytes. */
export function emitLookup(builder: WalkBuilder, block: BlockId, input: LookupInput): LookupOutput {
  return new LookupEmitter(builder, block, input).emit();
}

/** Rule numbers are compared where cut and leaf words have them: a word is below the bound exactly when its number is. */
const NO_BOUND = BigInt(NO_RULE) << BigInt(LOWEST_BIT);
const HALF_BIT = 64 - RULE_HALF_BITS;

class LookupEmitter {
  readonly #emitter: Emitter;
  readonly #input: LookupInput;
  readonly #addressWords: number;
  readonly #recordBytes: number;
  readonly #hasLanes: boolean;
  readonly #trees: number;
  readonly #key: KeyValues;
  readonly #guards: ValueId;
  readonly #guardedLanes: ValueId;

  constructor(builder: WalkBuilder, block: BlockId, input: LookupInput) {
    this.#emitter = new Emitter(builder, block);
    this.#input = input;
    const layout = layoutOf(input.shape);
    this.#addressWords = addressWords(layout, input.family);
    this.#recordBytes = 8 * recordWords(layout, input.family);
    this.#hasLanes = layout.ranges.length + layout.exacts.length > 0;
    this.#trees = layout.trees;
    this.#key = emitKey(this.#emitter, layout, input);
    this.#guards = this.#emitter.load(input.table, 8 * GUARD_WORD, 64);
    this.#guardedLanes = this.#emitter.alu(this.#key.lanes, 'or', this.#guards);
  }

  emit(): LookupOutput {
    const { family, table } = this.#input;
    const e = this.#emitter;
    // The first steps of all trees do not depend on each other: the processor takes them at once.
    const words = Array.from({ length: this.#trees }, (_, tree) =>
      this.#step(e.load(table, 8 * (firstRoot(family) + tree), 64)),
    );
    let bound: ValueId | undefined;
    for (const word of words) bound = this.#tree(word, bound);
    const number = e.by(bound ?? e.constant(NO_BOUND), 'shr', LOWEST_BIT);
    return { block: e.block, result: e.by(e.by(number, 'add', 1), 'and', NO_RULE) };
  }

  /** `bound`: of the trees before. @returns the bound including this tree. */
  #tree(first: ValueId, bound: ValueId | undefined): ValueId {
    const e = this.#emitter;
    const best = bound ?? e.constant(NO_BOUND);
    const [header, cut, leaf, done] = [e.newBlock(), e.newBlock(), e.newBlock(), e.newBlock()];
    const ways: PhiInput[] = [];
    const leave = () => ways.push({ block: e.block, value: best });

    const word = e.loop(header, first);
    const steps = e.loop(header, e.constant(MAX_STEPS + 1));
    e.jump(header);
    e.block = header;
    if (bound !== undefined) {
      const inner = e.newBlock();
      e.branch(word.value, 'ult', bound, inner, done);
      leave();
      e.block = inner;
    }
    e.branch(e.by(word.value, 'and', CUT_BIT), 'ne', e.constant(0), cut, leaf);

    e.block = cut;
    const child = this.#step(word.value);
    const left = e.by(steps.value, 'sub', 1);
    word.again(child);
    steps.again(left);
    e.branch(left, 'ne', e.constant(0), header, done);
    leave();

    e.block = leaf;
    ways.push(...this.#leaf(word.value, best, bound, done));
    e.block = done;
    return e.join(done, ways);
  }

  #step(word: ValueId): ValueId {
    const e = this.#emitter;
    // Key words have 4 bytes: the number is shifted into place as an offset.
    const keyOffset = e.by(e.by(word, 'shr', KEY_WORD_BIT - 2), 'and', this.#key.bytes - 4);
    const value = e.loadAt(this.#key.slot, keyOffset, 0, 32);
    const shift = e.by(e.by(word, 'shr', SHIFT_BIT), 'and', 31);
    const bits = e.by(e.by(word, 'shr', INDEX_BITS_BIT), 'and', 31);
    const mask = e.by(e.alu(e.constant(1), 'shl', bits), 'sub', 1);
    const index = e.alu(e.alu(value, 'shr', shift), 'and', mask);
    return e.loadAt(this.#input.table, this.#position(e.by(e.alu(word, 'add', index), 'shl', 3)), 0, 64);
  }

  /** The child and record numbers are the lowest bits of a word, so that the mask drops the others. */
  #position(bytes: ValueId): ValueId {
    return this.#emitter.by(bytes, 'and', this.#input.sizeClass.tableBytes - 8);
  }

  /** Compares record after record. @returns the ways that lead to `done`. */
  #leaf(word: ValueId, best: ValueId, bound: ValueId | undefined, done: BlockId): PhiInput[] {
    const e = this.#emitter;
    const [header, hit, miss] = [e.newBlock(), e.newBlock(), e.newBlock()];
    const count = e.by(e.by(word, 'shr', COUNT_BIT), 'and', MAX_RECORDS);
    const left = e.loop(header, count);
    const at = e.loop(header, e.by(word, 'shl', 3));
    // Older verifiers (6.1) narrow a range by `>`, not by `!=`: with `!=` the loop has no end for them.
    e.branch(count, 'ugt', e.constant(0), header, done);
    const ways: PhiInput[] = [{ block: e.block, value: best }];

    e.block = header;
    const record = e.offset(this.#input.table, this.#position(at.value));
    const low = e.load(record, 16 * this.#addressWords, 64);
    const high = e.load(record, 16 * this.#addressWords + 8, 64);
    e.branch(this.#difference(record, low, high), 'eq', e.constant(0), hit, miss);

    e.block = miss;
    const rest = e.by(left.value, 'sub', 1);
    left.again(rest);
    at.again(e.by(at.value, 'add', this.#recordBytes));
    e.branch(rest, 'ugt', e.constant(0), header, done);
    ways.push({ block: e.block, value: best });

    e.block = hit;
    const lowHalf = e.by(e.by(low, 'shr', HALF_BIT), 'shl', LOWEST_BIT);
    const highHalf = e.by(e.by(high, 'shr', HALF_BIT), 'shl', HALF_BIT);
    const found = e.alu(lowHalf, 'or', highHalf);
    if (bound === undefined) {
      e.jump(done);
    } else {
      const better = e.newBlock();
      e.branch(found, 'ult', bound, better, done);
      ways.push({ block: e.block, value: best });
      e.block = better;
      e.jump(done);
    }
    ways.push({ block: e.block, value: found });
    return ways;
  }

  /** 0: the record matches. */
  #difference(record: ValueId, low: ValueId, high: ValueId): ValueId {
    const e = this.#emitter;
    const parts: ValueId[] = [];
    for (const [index, value] of this.#key.addresses.entries()) {
      const different = e.alu(e.load(record, 8 * index, 64), 'xor', value);
      parts.push(e.alu(different, 'and', e.load(record, 8 * (this.#addressWords + index), 64)));
    }
    if (this.#hasLanes) {
      // In every lane the guard bit survives both subtractions exactly when low <= key <= high.
      const above = e.alu(this.#guardedLanes, 'sub', low);
      const below = e.alu(high, 'sub', this.#key.lanes);
      const surviving = e.alu(e.alu(above, 'and', below), 'and', this.#guards);
      parts.push(e.alu(surviving, 'xor', this.#guards));
    }
    return parts.reduce((all, part) => e.alu(all, 'or', part), e.constant(0));
  }
}
