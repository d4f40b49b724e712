import { emitCombination } from './emit-combination.ts';
import { emitKey, type FieldValues, type KeyValues } from './emit-key.ts';
import { Emitter } from './emitter.ts';
import { HASH_FACTOR } from './hash-root.ts';
import {
  addressWords,
  COUNT_BIT,
  CUT_BIT,
  firstRoot,
  GUARD_WORD,
  HASH_SHIFT_BIT,
  halfOf,
  KEY_WORD_BIT,
  LANE_WORDS,
  LEFT_BIT,
  LOWEST_BIT,
  layoutOf,
  MAX_RECORDS,
  MAX_STEPS,
  NO_RULE,
  PRODUCT_WORD,
  RIGHT_BIT,
  RULE_HALF_BITS,
  recordWords,
  treesBit,
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
  /** Of the first rule that matches; NO_RULE: none. Below 2^20. */
  readonly number: ValueId;
}

/** Emits the walk. It keeps to what the verifier can follow: every position is masked with a constant after the last
 *  addition, every loop counts to a constant bound, and the key lies in a slot without uninitialised bytes. */
export function emitLookup(builder: WalkBuilder, block: BlockId, input: LookupInput): LookupOutput {
  const e = new Emitter(builder, block);
  const [combined, trees, done] = [e.newBlock(), e.newBlock(), e.newBlock()];
  const begin = e.load(input.table, 8 * PRODUCT_WORD, 32);
  const none = { block: e.block, value: e.constant(BigInt(NO_RULE) << BigInt(LOWEST_BIT)) };
  e.branch(begin, 'ne', e.constant(0), combined, trees);

  e.block = combined;
  const first = e.by(emitCombination(e, layoutOf(input.shape), input, begin), 'shl', LOWEST_BIT);
  const families = e.load(input.table, 8 * PRODUCT_WORD + 4, 32);
  const alone = { block: e.block, value: first };
  e.branch(e.by(families, 'and', treesBit(input.family)), 'ne', e.constant(0), trees, done);

  e.block = trees;
  const bound = new TreesEmitter(e, input).emit(e.join(trees, [none, alone]));
  const walked = { block: e.block, value: bound };
  e.jump(done);

  e.block = done;
  return { block: e.block, number: e.by(e.join(done, [alone, walked]), 'shr', LOWEST_BIT) };
}

/** In the upper half of a word. */
const HALF_BIT = 32 - RULE_HALF_BITS;

class TreesEmitter {
  readonly #emitter: Emitter;
  readonly #input: LookupInput;
  readonly #addressWords: number;
  readonly #recordBytes: number;
  readonly #hasLanes: boolean;
  readonly #prefixes: number;
  readonly #trees: number;
  readonly #key: KeyValues;
  readonly #guards: ValueId;
  readonly #guardedLanes: ValueId;

  constructor(emitter: Emitter, input: LookupInput) {
    this.#emitter = emitter;
    this.#input = input;
    const layout = layoutOf(input.shape);
    this.#addressWords = addressWords(layout, input.family);
    this.#recordBytes = 8 * recordWords(layout, input.family);
    this.#hasLanes = layout.ranges.length + layout.exacts.length > 0;
    this.#prefixes = layout.prefixes.length;
    this.#trees = layout.trees;
    this.#key = emitKey(this.#emitter, layout, input);
    this.#guards = this.#emitter.load(input.table, 8 * GUARD_WORD, 64);
    this.#guardedLanes = this.#emitter.alu(this.#key.lanes, 'or', this.#guards);
  }

  /** `bound`: of what was found before. @returns the same including all trees. */
  emit(bound: ValueId): ValueId {
    const { family, table } = this.#input;
    const e = this.#emitter;
    // The first steps of all trees do not depend on each other: the processor takes them at once.
    const words = Array.from({ length: this.#trees }, (_, tree) => {
      const root = e.load(table, 8 * (firstRoot(family) + tree), 64);
      return tree === this.#trees - 1 ? this.#step(root) : this.#hashStep(root, tree % this.#prefixes);
    });
    return words.reduce((before, word) => this.#tree(word, before), bound);
  }

  /** `bound`: of the trees before: rule numbers are compared where cut and leaf words have them, and a word is below the bound exactly
   *  when its number is. @returns the bound including this tree. */
  #tree(first: ValueId, bound: ValueId): ValueId {
    const e = this.#emitter;
    const [header, inner, cut, leaf, done] = [e.newBlock(), e.newBlock(), e.newBlock(), e.newBlock(), e.newBlock()];
    const ways: PhiInput[] = [];
    const leave = () => ways.push({ block: e.block, value: bound });

    const word = e.loop(header, first);
    const steps = e.loop(header, e.constant(MAX_STEPS + 1));
    e.jump(header);
    e.block = header;
    e.branch(word.value, 'ult', bound, inner, done);
    leave();
    e.block = inner;
    e.branch(e.by(word.value, 'and', CUT_BIT), 'ne', e.constant(0), cut, leaf);

    e.block = cut;
    const child = this.#step(word.value);
    const left = e.by(steps.value, 'sub', 1);
    word.again(child);
    steps.again(left);
    e.branch(left, 'ne', e.constant(0), header, done);
    leave();

    e.block = leaf;
    ways.push(...this.#leaf(word.value, bound, done));
    e.block = done;
    return e.join(done, ways);
  }

  /** Shifts go by the lowest 6 bits of their right side, so that nothing has to be masked. */
  #step(word: ValueId): ValueId {
    const e = this.#emitter;
    const keyOffset = e.by(e.by(word, 'shr', KEY_WORD_BIT - 3), 'and', this.#key.bytes - 8);
    const index = this.#bitsOf(e.loadAt(this.#key.slot, keyOffset, 0, 64), word);
    return this.#child(word, index);
  }

  #hashStep(word: ValueId, prefix: number): ValueId {
    const e = this.#emitter;
    const address = this.#key.addresses[(halfOf(prefix, 0, this.#input.family) - LANE_WORDS) >> 1];
    if (address === undefined) throw new TypeError(`the key has no address number ${prefix}`);
    const product = e.alu(this.#bitsOf(address, word), 'mul', e.constant(HASH_FACTOR));
    return this.#child(
      word,
      e.alu(e.by(product, 'shr', 32), 'shr', e.by(e.by(word, 'shr', HASH_SHIFT_BIT), 'and', 31)),
    );
  }

  #bitsOf(value: ValueId, word: ValueId): ValueId {
    const e = this.#emitter;
    return e.alu(e.alu(value, 'shl', e.by(word, 'shr', LEFT_BIT)), 'shr', e.by(word, 'shr', RIGHT_BIT));
  }

  #child(word: ValueId, index: ValueId): ValueId {
    return this.#emitter.loadAt(this.#input.table, this.#position(this.#emitter.alu(word, 'add', index)), 0, 64);
  }

  /** Offsets are the lowest bits of a word, so that the mask drops the others. */
  #position(bytes: ValueId): ValueId {
    return this.#emitter.by(bytes, 'and', this.#input.sizeClass.tableBytes - 8);
  }

  /** Compares record after record. @returns the ways that lead to `done`. */
  #leaf(word: ValueId, bound: ValueId, done: BlockId): PhiInput[] {
    const e = this.#emitter;
    const [header, hit, miss, better] = [e.newBlock(), e.newBlock(), e.newBlock(), e.newBlock()];
    const count = e.by(e.by(word, 'shr', COUNT_BIT), 'and', MAX_RECORDS);
    const left = e.loop(header, count);
    const at = e.loop(header, word);
    // Older verifiers (6.1) narrow a range by `>`, not by `!=`: with `!=` the loop has no end for them.
    e.branch(count, 'ugt', e.constant(0), header, done);
    const ways: PhiInput[] = [{ block: e.block, value: bound }];

    e.block = header;
    const record = e.offset(this.#input.table, this.#position(at.value));
    e.branch(this.#difference(record), 'eq', e.constant(0), hit, miss);

    e.block = miss;
    const rest = e.by(left.value, 'sub', 1);
    left.again(rest);
    at.again(e.by(at.value, 'add', this.#recordBytes));
    e.branch(rest, 'ugt', e.constant(0), header, done);
    ways.push({ block: e.block, value: bound });

    e.block = hit;
    const found = this.#ruleOf(record);
    e.branch(found, 'ult', bound, better, done);
    ways.push({ block: e.block, value: bound });
    e.block = better;
    e.jump(done);
    ways.push({ block: e.block, value: found });
    return ways;
  }

  /** In place to be compared with a bound. Read again: registers that hold it from record to record are not there. */
  #ruleOf(record: ValueId): ValueId {
    const e = this.#emitter;
    const upper = 16 * this.#addressWords + 4;
    const low = e.by(e.by(e.load(record, upper, 32), 'shr', HALF_BIT), 'shl', LOWEST_BIT);
    const high = e.by(e.by(e.load(record, upper + 8, 32), 'shr', HALF_BIT), 'shl', LOWEST_BIT + RULE_HALF_BITS);
    return e.alu(low, 'or', high);
  }

  /** 0: the record matches. */
  #difference(record: ValueId): ValueId {
    const e = this.#emitter;
    const parts: ValueId[] = [];
    for (const [index, value] of this.#key.addresses.entries()) {
      const different = e.alu(e.load(record, 8 * index, 64), 'xor', value);
      parts.push(e.alu(different, 'and', e.load(record, 8 * (this.#addressWords + index), 64)));
    }
    if (this.#hasLanes) {
      const low = e.load(record, 16 * this.#addressWords, 64);
      const high = e.load(record, 16 * this.#addressWords + 8, 64);
      // In every lane the guard bit survives both subtractions exactly when low <= key <= high.
      const above = e.alu(this.#guardedLanes, 'sub', low);
      const below = e.alu(high, 'sub', this.#key.lanes);
      const surviving = e.alu(e.alu(above, 'and', below), 'and', this.#guards);
      parts.push(e.alu(surviving, 'xor', this.#guards));
    }
    return parts.reduce((all, part) => e.alu(all, 'or', part), e.constant(0));
  }
}
