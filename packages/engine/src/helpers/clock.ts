import { CLOCKS } from '../imports.ts';
import { STATE } from '../memory/cpu-state.ts';
import type { FunctionWriter } from '../translate/function-writer.ts';
import { call, get, i32, i64 } from '../wasm/expressions.ts';
import type { Library } from '../wasm/library.ts';
import type { Helpers } from './helper.ts';

function clock(writer: FunctionWriter, which: number): void {
  writer.set(0, i64.trunc_f64_u(writer.program.lib.imported('clock', i32.const(which))));
}

/** Marsaglia's xorshift: period 2^32 - 1, never 0. */
function random(lib: Library): number {
  return lib.function('random', [], ['i32'], (code) => {
    const state = code.keep('i32', i32.load(lib.cpuState, STATE.random));
    code.set(state, i32.xor(get(state), i32.shl(get(state), i32.const(13))));
    code.set(state, i32.xor(get(state), i32.shr_u(get(state), i32.const(17))));
    code.set(state, i32.xor(get(state), i32.shl(get(state), i32.const(5))));
    code.add(i32.store(lib.cpuState, get(state), STATE.random));
    code.return(get(state));
    code.unreachable();
  });
}

export const clockHelpers: Helpers = {
  ktime_get_ns: (writer) => clock(writer, CLOCKS.boot),
  ktime_get_boot_ns: (writer) => clock(writer, CLOCKS.boot),
  ktime_get_tai_ns: (writer) => clock(writer, CLOCKS.tai),
  // Read once for each burst.
  ktime_get_coarse_ns: (writer) => writer.set(0, i64.load(writer.program.lib.cpuState, STATE.coarseClock)),
  get_prandom_u32: (writer) => writer.set(0, i64.extend_u(call(random(writer.program.lib)))),
  get_smp_processor_id: (writer) => writer.set(0, i64.extend_u(writer.program.lib.cpu)),
  get_numa_node_id: (writer) => writer.set(0, i64.const(0)),
};
