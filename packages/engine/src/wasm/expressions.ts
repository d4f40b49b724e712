// Expressions as the bytes that leave their value on the stack; what has no value is a statement.

import { signed, unsigned } from './leb128.ts';

export type Expr = readonly number[];
export type ValueType = 'i32' | 'i64' | 'f64';
/** Index of a parameter or local variable. */
export type Local = number;

export const get = (local: Local): Expr => [0x20, ...unsigned(local)];
export const globalGet = (global: number): Expr => [0x23, ...unsigned(global)];
export const call = (target: number, ...given: readonly Expr[]): Expr => [...given.flat(), 0x10, ...unsigned(target)];
/** The first value if the condition is not 0. */
export const select = (yes: Expr, no: Expr, condition: Expr): Expr => [...yes, ...no, ...condition, 0x1b];

/** The function at `index` of the table, which has the type of that number. */
export const callIndirect = (type: number, table: number, index: Expr, ...given: readonly Expr[]): Expr => [
  ...given.flat(),
  ...index,
  0x11,
  ...unsigned(type),
  ...unsigned(table),
];
export const returnCallIndirect = (type: number, table: number, index: Expr, ...given: readonly Expr[]): Expr => [
  ...given.flat(),
  ...index,
  0x13,
  ...unsigned(type),
  ...unsigned(table),
];

const unary =
  (code: number) =>
  (a: Expr): Expr => [...a, code];
const binary =
  (code: number) =>
  (a: Expr, b: Expr): Expr => [...a, ...b, code];
// Alignment is a hint; 0 says that we promise nothing.
const load =
  (code: number) =>
  (address: Expr, offset = 0): Expr => [...address, code, 0, ...unsigned(offset)];
const store =
  (code: number) =>
  (address: Expr, value: Expr, offset = 0): Expr => [...address, ...value, code, 0, ...unsigned(offset)];
/** Atomic accesses must be aligned, and must say so. */
const atomic =
  (code: number, align: number) =>
  (address: Expr, ...values: readonly Expr[]): Expr => [...address, ...values.flat(), 0xfe, code, align, 0];

export const i32 = {
  const: (value: number): Expr => [0x41, ...signed(value | 0)],
  load: load(0x28),
  load8_s: load(0x2c),
  load8_u: load(0x2d),
  load16_s: load(0x2e),
  load16_u: load(0x2f),
  store: store(0x36),
  store8: store(0x3a),
  store16: store(0x3b),
  eqz: unary(0x45),
  eq: binary(0x46),
  ne: binary(0x47),
  lt_s: binary(0x48),
  lt_u: binary(0x49),
  gt_s: binary(0x4a),
  gt_u: binary(0x4b),
  le_s: binary(0x4c),
  le_u: binary(0x4d),
  ge_s: binary(0x4e),
  ge_u: binary(0x4f),
  clz: unary(0x67),
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  div_s: binary(0x6d),
  div_u: binary(0x6e),
  rem_s: binary(0x6f),
  rem_u: binary(0x70),
  and: binary(0x71),
  or: binary(0x72),
  xor: binary(0x73),
  shl: binary(0x74),
  shr_s: binary(0x75),
  shr_u: binary(0x76),
  rotl: binary(0x77),
  rotr: binary(0x78),
  wrap: unary(0xa7),
  extend8_s: unary(0xc0),
  extend16_s: unary(0xc1),
  atomic: {
    load: atomic(0x10, 2),
    store: atomic(0x17, 2),
    add: atomic(0x1e, 2),
    and: atomic(0x2c, 2),
    or: atomic(0x33, 2),
    xor: atomic(0x3a, 2),
    xchg: atomic(0x41, 2),
    cmpxchg: atomic(0x48, 2),
  },
};

export const i64 = {
  const: (value: number | bigint): Expr => [0x42, ...signed(BigInt.asIntN(64, BigInt(value)))],
  load: load(0x29),
  load8_s: load(0x30),
  load8_u: load(0x31),
  load16_s: load(0x32),
  load16_u: load(0x33),
  load32_s: load(0x34),
  load32_u: load(0x35),
  store: store(0x37),
  store8: store(0x3c),
  store16: store(0x3d),
  store32: store(0x3e),
  eqz: unary(0x50),
  eq: binary(0x51),
  ne: binary(0x52),
  lt_s: binary(0x53),
  lt_u: binary(0x54),
  gt_s: binary(0x55),
  gt_u: binary(0x56),
  le_s: binary(0x57),
  le_u: binary(0x58),
  ge_s: binary(0x59),
  ge_u: binary(0x5a),
  clz: unary(0x79),
  add: binary(0x7c),
  sub: binary(0x7d),
  mul: binary(0x7e),
  div_s: binary(0x7f),
  div_u: binary(0x80),
  rem_s: binary(0x81),
  rem_u: binary(0x82),
  and: binary(0x83),
  or: binary(0x84),
  xor: binary(0x85),
  shl: binary(0x86),
  shr_s: binary(0x87),
  shr_u: binary(0x88),
  rotl: binary(0x89),
  extend_s: unary(0xac),
  extend_u: unary(0xad),
  trunc_f64_u: unary(0xb1),
  extend8_s: unary(0xc2),
  extend16_s: unary(0xc3),
  extend32_s: unary(0xc4),
  atomic: {
    add: atomic(0x1f, 3),
    and: atomic(0x2d, 3),
    or: atomic(0x34, 3),
    xor: atomic(0x3b, 3),
    xchg: atomic(0x42, 3),
    cmpxchg: atomic(0x49, 3),
    load: atomic(0x11, 3),
    store: atomic(0x18, 3),
  },
};

export const memory = {
  copy: (to: Expr, from: Expr, bytes: Expr): Expr => [...to, ...from, ...bytes, 0xfc, 10, 0, 0],
  fill: (to: Expr, byte: Expr, bytes: Expr): Expr => [...to, ...byte, ...bytes, 0xfc, 11, 0],
};
