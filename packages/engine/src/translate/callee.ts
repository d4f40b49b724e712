import { STACK_FRAME, STACK_START } from '../memory/cpu-state.ts';
import { type Expr, i32, i64 } from '../wasm/expressions.ts';
import type { FunctionWriter } from './function-writer.ts';
import { r, w } from './registers.ts';

/** i64: r10 of what this function calls. */
export const calleeFrame = (): Expr => i64.sub(r(10), i64.const(STACK_FRAME));

/** In checked mode, stops the program when there is no frame for a callee. The last one is for keys of callbacks. */
export function checkStack(writer: FunctionWriter): void {
  if (!writer.program.checked) return;
  const lowest = i32.add(writer.program.lib.cpuState, i32.const(STACK_START + 2 * STACK_FRAME));
  writer.code.if(i32.le_u(w(10), lowest), () => writer.trap('stack used up'));
}
