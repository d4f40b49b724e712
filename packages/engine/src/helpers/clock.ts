import { CLOCKS } from '../imports.ts';
import { STATE } from '../memory/cpu-state.ts';
import type { FunctionWriter } from '../translate/function-writer.ts';
import { call, get, i32, i64 } from '../wasm/expressions.ts';
import type { Library } from '../wasm/library.ts';
import type { Helpers } from './helper.ts';

function clock(writer: FunctionWriter, which: number): void {
  writer.set(0, i64.trunc_f64_u(writer.program.lib.imported('clock', i32.const(which))));
}

/** Read by the first who asks in a burst. */
function coarseClock(writer: FunctionWriter): void {
  const { code, program } = writer;
  const { lib } = program;
  const now = code.keep('i64', i64.load(lib.cpuState, STATE.coarseClock));
  code.if(i64.eqz(get(now)), () => {
    code.set(now, i64.trunc_f64_u(lib.imported('clock', i32.const(CLOCKS.boot))));
    code.add(i64.store(lib.cpuState, get(now), STATE.coarseClock));
  });
  writer.set(0, get(now));
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
  ktime_get_coarse_ns: coarseClock,
  get_prandom_u32: (writer) => writer.set(0, i64.extend_u(call(random(writer.program.lib)))),
  get_smp_processor_id: (writer) => writer.set(0, i64.extend_u(writer.program.lib.cpu)),
  get_numa_node_id: (writer) => writer.set(0, i64.const(0)),
};
