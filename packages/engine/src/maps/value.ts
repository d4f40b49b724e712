import type { Code } from '../wasm/code.ts';
import { type Expr, i32, type Local } from '../wasm/expressions.ts';
import type { Library } from '../wasm/library.ts';
import { copy } from './bytes.ts';
import { type MapShape, strideOf } from './shape.ts';

const LOCK_BYTES = 4;

/** Copies a value; its lock, if it has one, stays what it is. */
export function copyValue(
  code: Code,
  { valueSize, lockOffset }: MapShape,
  to: Local,
  from: Local,
  toOffset: number,
): void {
  if (lockOffset === undefined) {
    copy(code, valueSize, to, from, toOffset);
    return;
  }
  copy(code, lockOffset, to, from, toOffset);
  const behind = lockOffset + LOCK_BYTES;
  copy(code, valueSize - behind, to, from, toOffset, behind);
}

/** i32: where this CPU's value lies, counted from the first CPU's. */
export function cpuOffset(lib: Library, shape: MapShape, cpuStride = strideOf(shape)): Expr {
  return shape.cpus === 1 ? i32.const(0) : i32.mul(lib.cpu, i32.const(cpuStride));
}
