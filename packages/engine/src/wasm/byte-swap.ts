import type { Code } from './code.ts';
import { type Expr, get, i32, i64 } from './expressions.ts';

/** i32: the low two bytes exchanged, nothing above. */
export function swap16(code: Code, value: Expr): Expr {
  const kept = get(code.keep('i32', value));
  const high = i32.shl(i32.and(kept, i32.const(0xff)), i32.const(8));
  return i32.or(high, i32.and(i32.shr_u(kept, i32.const(8)), i32.const(0xff)));
}

/** i32: four bytes in the other order. */
export function swap32(code: Code, value: Expr): Expr {
  const kept = get(code.keep('i32', value));
  const even = i32.and(i32.rotl(kept, i32.const(8)), i32.const(0x00ff00ff));
  const odd = i32.and(i32.rotr(kept, i32.const(8)), i32.const(0xff00ff00));
  return i32.or(even, odd);
}

/** i64: eight bytes in the other order. */
export function swap64(code: Code, value: Expr): Expr {
  const kept = code.keep('i64', value);
  const low = swap32(code, i32.wrap(get(kept)));
  const high = swap32(code, i32.wrap(i64.shr_u(get(kept), i64.const(32))));
  return i64.or(i64.shl(i64.extend_u(low), i64.const(32)), i64.extend_u(high));
}
