import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AluOperation, Relation } from '../ir/types.ts';
import { alu, atomic, compare, swap } from './arithmetic.ts';

const edges = [
  0n,
  1n,
  2n,
  0x7fn,
  0xffn,
  0x7fff_ffffn,
  0xffff_ffffn,
  1n << 32n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];
const register = fc.oneof(
  fc.constantFrom(...edges),
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  fc.bigInt({ min: 0n, max: 300n }),
);

/** Bit by bit, from the least significant on: another way to the same result than BigInt's own operators. */
const bits = (value: bigint): boolean[] => Array.from({ length: 64 }, (_, at) => ((value >> BigInt(at)) & 1n) === 1n);
const number = (all: readonly boolean[]): bigint => all.reduceRight((value, bit) => value * 2n + (bit ? 1n : 0n), 0n);
const two64 = 1n << 64n;
const signed = (value: bigint): bigint => (value >= 1n << 63n ? value - two64 : value);
const floorMod = (value: bigint): bigint => ((value % two64) + two64) % two64;

const model: Readonly<Record<AluOperation, (a: bigint, b: bigint) => bigint>> = {
  add: (a, b) => floorMod(a + b),
  sub: (a, b) => floorMod(a - b),
  mul: (a, b) => floorMod(a * b),
  div: (a, b) => (b === 0n ? 0n : (a - (a % b)) / b),
  mod: (a, b) => (b === 0n ? a : a - b * (a / b)),
  and: (a, b) => number(bits(a).map((bit, at) => bit && (bits(b)[at] ?? false))),
  or: (a, b) => number(bits(a).map((bit, at) => bit || (bits(b)[at] ?? false))),
  xor: (a, b) => number(bits(a).map((bit, at) => bit !== bits(b)[at])),
  shl: (a, b) => floorMod(a * 2n ** (b % 64n)),
  shr: (a, b) => a / 2n ** (b % 64n),
  sar: (a, b) => {
    const count = Number(b % 64n);
    const all = bits(a);
    return number(all.map((_, at) => all[Math.min(at + count, 63)] ?? false));
  },
};

const relations: Readonly<Record<Relation, (a: bigint, b: bigint) => boolean>> = {
  eq: (a, b) => a - b === 0n,
  ne: (a, b) => a - b !== 0n,
  ult: (a, b) => a - b < 0n,
  ule: (a, b) => a - b <= 0n,
  ugt: (a, b) => a - b > 0n,
  uge: (a, b) => a - b >= 0n,
  slt: (a, b) => signed(a) - signed(b) < 0n,
  sle: (a, b) => signed(a) - signed(b) <= 0n,
  sgt: (a, b) => signed(a) - signed(b) > 0n,
  sge: (a, b) => signed(a) - signed(b) >= 0n,
};

const operations = Object.keys(model).filter((name): name is AluOperation => name in model);
const comparisons = Object.keys(relations).filter((name): name is Relation => name in relations);

describe('arithmetic', () => {
  it.each(operations)('computes %s as exact integers reduced to 64 bits', (operation) => {
    fc.assert(
      fc.property(register, register, (a, b) => {
        expect(alu(operation, a, b)).toBe(model[operation](a, b));
      }),
    );
  });

  it.each(comparisons)('compares with %s as the sign of a difference', (relation) => {
    fc.assert(
      fc.property(register, register, (a, b) => {
        expect(compare(relation, a, b)).toBe(relations[relation](a, b));
      }),
    );
  });

  it.each([16, 32, 64] as const)('swaps %i bits as DataView does, and gives zeros above', (width) => {
    fc.assert(
      fc.property(register, (value) => {
        const view = new DataView(new ArrayBuffer(8));
        view.setBigUint64(0, value, true);
        const wanted = {
          16: () => BigInt(view.getUint16(0)),
          32: () => BigInt(view.getUint32(0)),
          64: () => view.getBigUint64(0),
        };
        expect(swap(width, value)).toBe(wanted[width]());
      }),
    );
  });

  it('wraps atomics at their own width', () => {
    expect(atomic('add', 32, 0xffff_ffffn, 2n)).toBe(1n);
    expect(atomic('add', 64, 0xffff_ffffn, 2n)).toBe(0x1_0000_0001n);
    expect(atomic('exchange', 32, 5n, 0x1_0000_0007n)).toBe(7n);
  });
});
