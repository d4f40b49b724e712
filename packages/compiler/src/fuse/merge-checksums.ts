// One delta and one fold for each checksum, whatever number of functions rewrite what it covers. The front end folds a field's new sum at
// each function's last write to it, and the next function unfolds the field and adds to that. Here it adds to the sum itself: the
// fold in between is needed only where a packet leaves in between.
//
//   field = ~fold(a); … field' = ~fold(~field + b)     becomes     field' = ~fold(a + b)
//
// fold(x) is x modulo 0xffff, but 0xffff for all multiples of it that are not 0 (intrinsics/rewrite/delta.ts), so
// fold(fold(a) + b) = fold(a + b), as long as the sum has three words.
//
// UDP writes 0xffff for 0, and leaves a field that was 0: field = (~fold(a) or 0xffff) & present, where `present` is all ones or 0.
// Such a field is 0 exactly where it was before. Where it is not, its sum is fold(a), but for 0 in place of 0xffff (or the other way round, if
// it is unfinished); then the new field differs only where b is 0, as 0 does from 0xffff: and both are written as 0xffff.
import { type Ranges, rangesOfSome } from '../ir/ranges.ts';
import type { AluOperation, Instruction, Program, ValueId } from '../ir/types.ts';
import { type Definitions, instructionsByResult } from '../ir/uses.ts';

/** As `fold` in intrinsics/rewrite/delta.ts. */
const EVERY_WORD = 0x0001_0001_0001_0001n;
const MOST_SUM = 1n << 48n;
const ONES = 0xffffn;
const DEEPEST = 24;

type Alu = Extract<Instruction, { op: 'alu' }>;

/** A UDP field that is computed: `(sent | (sent - 1) >> 48) & present` with `sent = fold(sum) ^ mask`. */
interface Optional {
  readonly sum: ValueId;
  readonly mask: ValueId;
  readonly present: ValueId;
}

export function mergeChecksums(program: Program): Program {
  return new Merging(program).run();
}

class Merging {
  readonly #program: Program;
  readonly #definitions: Definitions;
  readonly #values: Program['values'][number][];
  #ranges: Ranges | undefined;
  #changed = false;

  constructor(program: Program) {
    this.#program = program;
    this.#definitions = instructionsByResult(program);
    this.#values = [...program.values];
  }

  run(): Program {
    const blocks = this.#program.blocks.map((block) => ({
      ...block,
      instructions: block.instructions.flatMap((one) => (one.op === 'alu' ? this.#alu(one) : [one])),
    }));
    return this.#changed ? { ...this.#program, values: this.#values, blocks } : this.#program;
  }

  #alu(one: Alu): readonly Instruction[] {
    const made = this.#folded(one) ?? this.#optional(one) ?? this.#isPresent(one);
    if (made === undefined) return [one];
    this.#changed = true;
    return made;
  }

  /** `fold(… + fold(a) + …)`. */
  #folded(one: Alu): readonly Instruction[] | undefined {
    const sum = this.#foldOf(one.result);
    if (sum === undefined) return undefined;
    const inner = (leaf: ValueId) => this.#foldOf(leaf);
    const writer = new Sums(this.#values, this.#definitions);
    const merged = this.#isSmall(sum, inner) ? writer.with(sum, inner) : sum;
    if (merged === sum) return undefined;
    const last = writer.fold(merged, one);
    return [...writer.made, last];
  }

  /** `optional(… + (optional(a) ^ mask) + …)`. */
  #optional(one: Alu): readonly Instruction[] | undefined {
    const field = this.#optionalOf(one.result);
    if (field === undefined) return undefined;
    const inner = (leaf: ValueId) => {
      const unfolded = this.#as(leaf, 'xor');
      if (unfolded === undefined) return undefined;
      const before = this.#optionalOf(unfolded.left);
      const isSame = before?.mask === field.mask && unfolded.right === field.mask;
      return isSame && before.present === this.#presentOf(field.present) ? before.sum : undefined;
    };
    const writer = new Sums(this.#values, this.#definitions);
    const merged = this.#isSmall(field.sum, inner) ? writer.with(field.sum, inner) : field.sum;
    if (merged === field.sum) return undefined;
    const last = writer.optional(merged, field, one);
    return [...writer.made, last];
  }

  /** Whether a field is 0 that was computed so: as before. */
  #isPresent(one: Alu): readonly Instruction[] | undefined {
    const present = this.#presentOf(one.result);
    if (present === undefined || present === one.result) return undefined;
    return [{ ...one, operation: 'or', left: present, right: present }];
  }

  /** The sum whose fold this is. */
  #foldOf(value: ValueId): ValueId | undefined {
    const product = this.#shifted(value, 'shr', 48n);
    const spread = product === undefined ? undefined : this.#as(product, 'mul');
    return spread !== undefined && this.#constant(spread.right) === EVERY_WORD ? spread.left : undefined;
  }

  #optionalOf(value: ValueId): Optional | undefined {
    const kept = this.#as(value, 'and');
    if (kept === undefined) return undefined;
    for (const [sent, present] of sides(kept)) {
      const found = this.#nonZeroOf(sent);
      if (found !== undefined && this.#signOf(present) !== undefined) return { ...found, present };
    }
    return undefined;
  }

  /** `sent | (sent - 1) >> 48`. */
  #nonZeroOf(value: ValueId): Pick<Optional, 'sum' | 'mask'> | undefined {
    const either = this.#as(value, 'or');
    if (either === undefined) return undefined;
    for (const [sent, borrowed] of sides(either)) {
      const less = this.#shifted(borrowed, 'shr', 48n);
      const difference = less === undefined ? undefined : this.#as(less, 'add');
      if (difference?.left !== sent || this.#constant(difference.right) !== -1n) continue;
      const masked = this.#as(sent, 'xor');
      if (masked === undefined) continue;
      for (const [folded, mask] of sides(masked)) {
        const sum = this.#foldOf(folded);
        if (sum !== undefined && this.#isMask(mask)) return { sum, mask };
      }
    }
    return undefined;
  }

  /** All ones where the value is not 0, which is never negative: `(0 - value) >> 63`. Gives the value. */
  #signOf(value: ValueId): ValueId | undefined {
    const negated = this.#shifted(value, 'sar', 63n);
    const difference = negated === undefined ? undefined : this.#as(negated, 'sub');
    return difference !== undefined && this.#constant(difference.left) === 0n ? difference.right : undefined;
  }

  /** What says the same of the field as it was at first. */
  #presentOf(value: ValueId): ValueId | undefined {
    const field = this.#signOf(value);
    return field === undefined ? undefined : (this.#optionalOf(field)?.present ?? value);
  }

  /** 0xffff, or for an unfinished checksum 0. */
  #isMask(value: ValueId): boolean {
    if (this.#constant(value) === ONES) return true;
    const product = this.#as(value, 'mul');
    if (product === undefined || this.#constant(product.right) !== ONES) return false;
    const { lo, hi } = this.#bounds(product.left);
    return lo >= 0n && hi <= 1n;
  }

  /** With the sums in place of their folds. */
  #isSmall(sum: ValueId, inner: Inner): boolean {
    let most = this.#bounds(sum).hi;
    for (const leaf of leavesOf(this.#definitions, sum)) {
      const one = inner(leaf);
      if (one !== undefined) most += this.#bounds(one).hi;
    }
    return this.#bounds(sum).lo >= 0n && most < MOST_SUM;
  }

  #bounds(value: ValueId) {
    this.#ranges ??= rangesOfSome(this.#program, sumsOf(this.#program, this.#definitions));
    return this.#ranges.of(value);
  }

  #as(value: ValueId, operation: AluOperation): Alu | undefined {
    const found = this.#definitions[value];
    return found?.op === 'alu' && found.operation === operation ? found : undefined;
  }

  #shifted(value: ValueId, operation: 'shr' | 'sar', count: bigint): ValueId | undefined {
    const found = this.#as(value, operation);
    return found !== undefined && this.#constant(found.right) === count ? found.left : undefined;
  }

  #constant(value: ValueId): bigint | undefined {
    const found = this.#definitions[value];
    return found?.op === 'constant' ? found.value : undefined;
  }
}

/** What stands in place of a part of a sum. */
type Inner = (leaf: ValueId) => ValueId | undefined;

const sides = ({ left, right }: Alu): readonly (readonly [ValueId, ValueId])[] => [
  [left, right],
  [right, left],
];

/** Sums of fields, and factors of masks. */
function sumsOf({ blocks }: Program, definitions: Definitions): readonly ValueId[] {
  return blocks.flatMap(({ instructions }) =>
    instructions.flatMap((one) => {
      if (one.op !== 'alu' || one.operation !== 'mul') return [];
      const factor = definitions[one.right];
      const isWanted = factor?.op === 'constant' && (factor.value === EVERY_WORD || factor.value === ONES);
      return isWanted ? [one.left] : [];
    }),
  );
}

function leavesOf(definitions: Definitions, value: ValueId, depth = 0): readonly ValueId[] {
  const found = definitions[value];
  if (found?.op !== 'alu' || found.operation !== 'add' || depth === DEEPEST) return [value];
  return [found.left, found.right].flatMap((side) => leavesOf(definitions, side, depth + 1));
}

/** Instructions that compute another sum, and a field of it. */
class Sums {
  readonly made: Instruction[] = [];
  readonly #values: Program['values'][number][];
  readonly #definitions: Definitions;

  constructor(values: Program['values'][number][], definitions: Definitions) {
    this.#values = values;
    this.#definitions = definitions;
  }

  with(sum: ValueId, inner: Inner, depth = 0): ValueId {
    const known = inner(sum);
    if (known !== undefined) return known;
    const found = this.#definitions[sum];
    if (found?.op !== 'alu' || found.operation !== 'add' || depth === DEEPEST) return sum;
    const left = this.with(found.left, inner, depth + 1);
    const right = this.with(found.right, inner, depth + 1);
    return left === found.left && right === found.right ? sum : this.#alu('add', left, right);
  }

  /** In place of `field`, which is one, too. */
  fold(sum: ValueId, field: Alu): Instruction {
    return { ...field, left: this.#spread(sum) };
  }

  optional(sum: ValueId, { mask, present }: Optional, field: Alu): Instruction {
    const sent = this.#alu('xor', this.#alu('shr', this.#spread(sum), this.#constant(48n)), mask);
    const borrowed = this.#alu('shr', this.#alu('add', sent, this.#constant(-1n)), this.#constant(48n));
    return { ...field, left: this.#alu('or', sent, borrowed), right: present };
  }

  #spread(sum: ValueId): ValueId {
    return this.#alu('mul', sum, this.#constant(EVERY_WORD));
  }

  #alu(operation: AluOperation, left: ValueId, right: ValueId): ValueId {
    const result = this.#values.push({ kind: 'integer' }) - 1;
    this.made.push({ op: 'alu', operation, left, right, result });
    return result;
  }

  #constant(value: bigint): ValueId {
    const result = this.#values.push({ kind: 'integer' }) - 1;
    this.made.push({ op: 'constant', value, result });
    return result;
  }
}
