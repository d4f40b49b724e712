// How much the words of a write add to a one's complement sum: ~old + new, RFC 1624 equation 3, not yet folded.
//
// Words are taken as they lie in memory, in the host's order and up to 32 bits at once: a sum in the other byte order is the
// same sum with its bytes swapped (RFC 1071 section 2 (B)), and 2¹⁶ counts as 1, so that wide words need no splitting.
import type { ValueId } from '../../../ir/types.ts';
import { type Code, n } from '../code.ts';

export interface Delta {
  readonly id: ValueId;
  /** It is not above. */
  readonly most: bigint;
}

/** One word that was stored. `before` and `after` have zeros above `width`. */
export interface Change {
  readonly before: ValueId;
  readonly after: ValueId;
  readonly width: 16 | 32;
}

const all = (width: number): bigint => (1n << BigInt(width)) - 1n;

/** `undefined`: nothing was written. */
export function deltaOf(code: Code, changes: readonly Change[]): Delta | undefined {
  const [first, ...others] = changes.map(({ before, after, width }): Delta => {
    const removed = code.alu('xor', before, n(all(width)));
    return { id: code.alu('add', removed, after), most: 2n * all(width) };
  });
  return first && others.reduce((sum, other) => plus(code, sum, other), first);
}

export function plus(code: Code, left: Delta, right: Delta | undefined): Delta {
  if (right === undefined) return left;
  return { id: code.alu('add', left.id, right.id), most: left.most + right.most };
}

/** Nothing where `wanted` is 0; it is 0 or 1. */
export function onlyIf(code: Code, wanted: ValueId, delta: Delta): Delta {
  return { id: code.alu('mul', delta.id, wanted), most: delta.most };
}

/** Times this, the words of a sum below 2⁴⁸ meet in the highest word, with the carry of their own sum: end-around. */
const EVERY_WORD = 0x0001_0001_0001_0001n;

/** The sum's words added, with their carries, until 16 bits are left. Zero comes out only of zero. */
export function fold(code: Code, { id, most }: Delta): ValueId {
  if (most >= 1n << 48n) throw new RangeError('a sum has three words at most');
  return most <= 0xffffn ? id : code.alu('shr', code.alu('mul', id, n(EVERY_WORD)), n(48));
}
