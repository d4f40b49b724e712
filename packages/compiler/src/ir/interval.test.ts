import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeAlu, relationHolds, truncated } from './arithmetic.ts';
import {
  constrained,
  contains,
  decided,
  exactly,
  type Interval,
  intervalOfAlu,
  intervalOfTruncation,
} from './interval.ts';
import type { AluOperation, Relation } from './types.ts';

const operations = fc.constantFrom<AluOperation>(
  'add',
  'sub',
  'mul',
  'div',
  'mod',
  'and',
  'or',
  'xor',
  'shl',
  'shr',
  'sar',
);
const relations = fc.constantFrom<Relation>('eq', 'ne', 'ult', 'ule', 'ugt', 'uge', 'slt', 'sle', 'sgt', 'sge');
const LEAST = -(1n << 63n);
const MOST = (1n << 63n) - 1n;
const number = fc.oneof(
  fc.bigInt(-70n, 70n),
  fc.bigInt(0n, 0xffffn),
  fc.bigInt(LEAST, MOST),
  fc.constantFrom(LEAST, MOST, -1n, 0n, 1n, 0xffff_ffffn, 1n << 32n),
);

/** An interval and a value within it. */
const member = fc
  .tuple(number, number, number)
  .map((numbers): { readonly interval: Interval; readonly value: bigint } => {
    const [lo = 0n, value = 0n, hi = 0n] = numbers.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return { interval: { lo, hi }, value };
  });

describe('intervals', () => {
  it('contain what operations give for values within their operands', () => {
    fc.assert(
      fc.property(operations, member, member, (operation, left, right) => {
        const result = computeAlu(operation, left.value, right.value);
        expect(contains(intervalOfAlu(operation, left.interval, right.interval), exactly(result))).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('contain truncated values', () => {
    fc.assert(
      fc.property(member, fc.constantFrom(8, 16, 32), ({ interval, value }, width) => {
        expect(contains(intervalOfTruncation(interval, width), exactly(truncated(value, width)))).toBe(true);
      }),
    );
  });

  it('keep, when constrained, every value that stands in the relation', () => {
    fc.assert(
      fc.property(relations, member, member, (relation, left, right) => {
        fc.pre(relationHolds(relation, left.value, right.value));
        const kept = constrained(left.interval, relation, right.interval);
        expect(kept !== undefined && contains(kept, exactly(left.value))).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('decide a relation only if all values within them agree', () => {
    fc.assert(
      fc.property(relations, member, member, (relation, left, right) => {
        const decision = decided(left.interval, relation, right.interval);
        fc.pre(decision !== undefined);
        expect(relationHolds(relation, left.value, right.value)).toBe(decision);
      }),
      { numRuns: 5000 },
    );
  });

  it('decide what is plain', () => {
    expect(decided({ lo: 0n, hi: 9n }, 'ult', exactly(10n))).toBe(true);
    expect(decided({ lo: 0n, hi: 10n }, 'ult', exactly(10n))).toBeUndefined();
    expect(decided({ lo: -1n, hi: 9n }, 'slt', exactly(10n))).toBe(true);
    expect(decided({ lo: 3n, hi: 9n }, 'eq', exactly(2n))).toBe(false);
  });

  it('are bounded by an unsigned comparison even if nothing was known', () => {
    expect(constrained({ lo: LEAST, hi: MOST }, 'ule', exactly(63n))).toEqual({ lo: 0n, hi: 63n });
  });
});
