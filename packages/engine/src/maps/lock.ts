import type { STATE } from '../memory/cpu-state.ts';
import type { Code } from '../wasm/code.ts';
import { type Expr, i32 } from '../wasm/expressions.ts';
import type { Library } from '../wasm/library.ts';

/** Which cell of the CPU's state tells of the lock, for whoever cleans up behind a trap. */
type Cell = typeof STATE.mapLock | typeof STATE.spinLock;

/** Spins; nothing to do where one thread alone uses the memory. */
export function lock(lib: Library, code: Code, address: Expr, cell: Cell): void {
  if (!lib.shared) return;
  code.loop((again) => code.brIf(again, i32.atomic.cmpxchg(address, i32.const(0), i32.const(1))));
  code.add(i32.store(lib.cpuState, address, cell));
}

export function unlock(lib: Library, code: Code, address: Expr, cell: Cell): void {
  if (!lib.shared) return;
  code.add(i32.store(lib.cpuState, i32.const(0), cell));
  code.add(i32.atomic.store(address, i32.const(0)));
}
