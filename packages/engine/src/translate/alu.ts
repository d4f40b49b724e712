import type { Alu, AluOp, ByteOrder, MovSx, Neg } from '@twinpath/ebpf/asm';
import { swap16, swap32, swap64 } from '../wasm/byte-swap.ts';
import { type Expr, get, i32, i64 } from '../wasm/expressions.ts';
import type { FunctionWriter } from './function-writer.ts';
import { r, w } from './registers.ts';

type Operation = (a: Expr, b: Expr) => Expr;

const simple64: Readonly<Partial<Record<AluOp, Operation>>> = {
  add: i64.add,
  sub: i64.sub,
  mul: i64.mul,
  or: i64.or,
  and: i64.and,
  xor: i64.xor,
  // WebAssembly takes shifts modulo the width, as RFC 9669 section 4.1 does.
  lsh: i64.shl,
  rsh: i64.shr_u,
  arsh: i64.shr_s,
  mov: (_, b) => b,
};
const simple32: Readonly<Partial<Record<AluOp, Operation>>> = {
  add: i32.add,
  sub: i32.sub,
  mul: i32.mul,
  or: i32.or,
  and: i32.and,
  xor: i32.xor,
  lsh: i32.shl,
  rsh: i32.shr_u,
  arsh: i32.shr_s,
  mov: (_, b) => b,
};

export function writeAlu(writer: FunctionWriter, instruction: Alu): void {
  const { op, width, dst, src } = instruction;
  if (width === 64) {
    const operand = src === undefined ? i64.const(instruction.imm) : r(src);
    writer.set(dst, simple64[op]?.(r(dst), operand) ?? divide(writer, instruction, r(dst), operand));
    return;
  }
  const operand = src === undefined ? i32.const(instruction.imm) : w(src);
  writer.set(dst, i64.extend_u(simple32[op]?.(w(dst), operand) ?? divide(writer, instruction, w(dst), operand)));
}

/** By zero: 0, and the dividend as remainder. The quotient of the least number and -1 is the least number. */
function divide({ code }: FunctionWriter, { op, width, imm }: Alu, a: Expr, b: Expr): Expr {
  const is64 = width === 64;
  const wide = is64 ? i64 : i32;
  const operations: Readonly<Partial<Record<AluOp, Operation>>> = {
    div: wide.div_u,
    mod: wide.rem_u,
    sdiv: wide.div_s,
    smod: wide.rem_s,
  };
  const operation = operations[op] ?? wide.div_u;
  const isQuotient = op === 'div' || op === 'sdiv';
  const zero = wide.const(0);
  if (imm === 0) return isQuotient ? zero : a;
  if (imm === -1 && op === 'sdiv') return wide.sub(zero, a);
  if (imm !== undefined) return operation(a, b);
  const type = is64 ? 'i64' : 'i32';
  const [dividend, divisor] = [get(code.keep(type, a)), get(code.keep(type, b))];
  const result = code.local(type);
  code.if(
    wide.eqz(divisor),
    () => code.set(result, isQuotient ? zero : dividend),
    () => {
      if (op !== 'sdiv') return code.set(result, operation(dividend, divisor));
      code.if(
        wide.eq(divisor, wide.const(-1)),
        () => code.set(result, wide.sub(zero, dividend)),
        () => code.set(result, operation(dividend, divisor)),
      );
    },
  );
  return get(result);
}

export function writeNegation(writer: FunctionWriter, { width, dst }: Neg): void {
  writer.set(dst, width === 64 ? i64.sub(i64.const(0), r(dst)) : i64.extend_u(i32.sub(i32.const(0), w(dst))));
}

export function writeSignExtension(writer: FunctionWriter, { width, bits, dst, src }: MovSx): void {
  const wide = { 8: i64.extend8_s, 16: i64.extend16_s, 32: i64.extend32_s } as const;
  const narrow = { 8: i32.extend8_s, 16: i32.extend16_s, 32: (value: Expr) => value } as const;
  writer.set(dst, width === 64 ? wide[bits](r(src)) : i64.extend_u(narrow[bits](w(src))));
}

/** WebAssembly is little-endian: `be` swaps, `le` only cuts. */
export function writeByteOrder(writer: FunctionWriter, { op, bits, dst }: ByteOrder): void {
  const { code } = writer;
  if (op === 'le') {
    if (bits === 64) return;
    const masks = { 16: 0xffff, 32: 0xffff_ffff } as const;
    writer.set(dst, i64.and(r(dst), i64.const(masks[bits])));
    return;
  }
  if (bits === 64) {
    writer.set(dst, swap64(code, r(dst)));
    return;
  }
  writer.set(dst, i64.extend_u(bits === 16 ? swap16(code, w(dst)) : swap32(code, w(dst))));
}
