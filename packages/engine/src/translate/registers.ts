import { type Expr, get, i32, type Local } from '../wasm/expressions.ts';

/** Where registers live: r1 to r5 and r10 are the parameters of a function, the others its first locals. */
const LOCALS: readonly Local[] = [6, 0, 1, 2, 3, 4, 7, 8, 9, 10, 5];
export const PARAMETERS = 6;
/** r0 and r6 to r9. */
export const OTHER_REGISTERS = 5;

export const localOf = (register: number): Local => LOCALS[register] ?? 0;
/** i64: the register. */
export const r = (register: number): Expr => get(localOf(register));
/** i32: its low half. */
export const w = (register: number): Expr => i32.wrap(r(register));
