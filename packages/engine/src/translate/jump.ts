import type { ConditionalJump, JumpOp } from '@twinpath/ebpf/asm';
import { type Expr, i32, i64 } from '../wasm/expressions.ts';
import { r, w } from './registers.ts';

/** i32: whether the jump is taken. */
export function jumpCondition(jump: ConditionalJump): Expr {
  const is64 = jump.width === 64;
  const wide = is64 ? i64 : i32;
  const a = is64 ? r(jump.dst) : w(jump.dst);
  const b = jump.src === undefined ? wide.const(jump.imm) : is64 ? r(jump.src) : w(jump.src);
  const comparisons: Readonly<Record<Exclude<JumpOp, 'jset'>, (a: Expr, b: Expr) => Expr>> = {
    jeq: wide.eq,
    jne: wide.ne,
    jgt: wide.gt_u,
    jge: wide.ge_u,
    jlt: wide.lt_u,
    jle: wide.le_u,
    jsgt: wide.gt_s,
    jsge: wide.ge_s,
    jslt: wide.lt_s,
    jsle: wide.le_s,
  };
  if (jump.op !== 'jset') return comparisons[jump.op](a, b);
  const common = wide.and(a, b);
  return is64 ? i64.ne(common, i64.const(0)) : common;
}
