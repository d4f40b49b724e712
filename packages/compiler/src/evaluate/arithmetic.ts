// Integers are BigInts from 0 to 2^64 - 1 here: the register's bits, read without sign.

import type { AluOperation, AtomicOperation, Relation } from '../ir/types.ts';

const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

/** Shift counts are taken modulo 64, as BPF does. */
export function alu(operation: AluOperation, left: bigint, right: bigint): bigint {
  switch (operation) {
    case 'add':
      return wrap(left + right);
    case 'sub':
      return wrap(left - right);
    case 'mul':
      return wrap(left * right);
    case 'div':
      return right === 0n ? 0n : left / right;
    case 'mod':
      return right === 0n ? left : left % right;
    case 'and':
      return left & right;
    case 'or':
      return left | right;
    case 'xor':
      return left ^ right;
    case 'shl':
      return wrap(left << (right & 63n));
    case 'shr':
      return left >> (right & 63n);
    case 'sar':
      return wrap(signed(left) >> (right & 63n));
  }
}

export function compare(relation: Relation, left: bigint, right: bigint): boolean {
  switch (relation) {
    case 'eq':
      return left === right;
    case 'ne':
      return left !== right;
    case 'ult':
      return left < right;
    case 'ule':
      return left <= right;
    case 'ugt':
      return left > right;
    case 'uge':
      return left >= right;
    case 'slt':
      return signed(left) < signed(right);
    case 'sle':
      return signed(left) <= signed(right);
    case 'sgt':
      return signed(left) > signed(right);
    case 'sge':
      return signed(left) >= signed(right);
  }
}

/** The low bits of the value in the other byte order. */
export function swap(width: 16 | 32 | 64, value: bigint): bigint {
  if (width === 64) return (swap32(value & 0xffff_ffffn) << 32n) | swap32(value >> 32n);
  return width === 32 ? swap32(value & 0xffff_ffffn) : swap32(value & 0xffffn) >> 16n;
}

function swap32(value: bigint): bigint {
  const bits = Number(value);
  return BigInt(((bits << 24) | ((bits & 0xff00) << 8) | ((bits >>> 8) & 0xff00) | (bits >>> 24)) >>> 0);
}

/** What memory holds after it. */
export function atomic(operation: AtomicOperation, width: 32 | 64, old: bigint, operand: bigint): bigint {
  return operation === 'exchange'
    ? BigInt.asUintN(width, operand)
    : BigInt.asUintN(width, alu(operation, old, operand));
}
