// What the IR's operations compute, on 64-bit values held as signed bigints.

import type { AluOperation, Relation } from './types.ts';

export const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
export const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);
const lowBits = (value: bigint, width: number): bigint => signed(BigInt.asUintN(width, value));

/** Shift counts are taken modulo 64, as in BPF. */
export function computeAlu(operation: AluOperation, left: bigint, right: bigint): bigint {
  const count = right & 63n;
  switch (operation) {
    case 'add':
      return signed(left + right);
    case 'sub':
      return signed(left - right);
    case 'mul':
      return signed(left * right);
    case 'div':
      return right === 0n ? 0n : signed(unsigned(left) / unsigned(right));
    case 'mod':
      return right === 0n ? left : signed(unsigned(left) % unsigned(right));
    case 'and':
      return left & right;
    case 'or':
      return left | right;
    case 'xor':
      return left ^ right;
    case 'shl':
      return signed(left << count);
    case 'shr':
      return signed(unsigned(left) >> count);
    case 'sar':
      return left >> count;
  }
}

export function truncated(value: bigint, width: number): bigint {
  return lowBits(value, width);
}

/** The low `width` bits with their bytes in the other order. */
export function swapped(value: bigint, width: number): bigint {
  let result = 0n;
  for (let shift = 0n; shift < BigInt(width); shift += 8n) result = (result << 8n) | ((value >> shift) & 0xffn);
  return signed(result);
}

export function relationHolds(relation: Relation, left: bigint, right: bigint): boolean {
  switch (relation) {
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    case 'ult':
      return unsigned(left) < unsigned(right);
    case 'ule':
      return unsigned(left) <= unsigned(right);
    case 'ugt':
      return unsigned(left) > unsigned(right);
    case 'uge':
      return unsigned(left) >= unsigned(right);
    case 'slt':
      return left < right;
    case 'sle':
      return left <= right;
    case 'sgt':
      return left > right;
    case 'sge':
      return left >= right;
  }
}

/** The relation that holds when this one does not. */
export const NEGATED: Readonly<Record<Relation, Relation>> = {
  eq: 'ne',
  ne: 'eq',
  ult: 'uge',
  uge: 'ult',
  ule: 'ugt',
  ugt: 'ule',
  slt: 'sge',
  sge: 'slt',
  sle: 'sgt',
  sgt: 'sle',
};

/** The relation with its operands exchanged. */
export const MIRRORED: Readonly<Record<Relation, Relation>> = {
  eq: 'eq',
  ne: 'ne',
  ult: 'ugt',
  ugt: 'ult',
  ule: 'uge',
  uge: 'ule',
  slt: 'sgt',
  sgt: 'slt',
  sle: 'sge',
  sge: 'sle',
};
