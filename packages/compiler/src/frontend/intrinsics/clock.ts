import { STATE } from '../../abi/state.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Code } from './code.ts';

/** Nanoseconds: the kernel's monotonic clock, or the one that tests set. */
export function now(code: Code): ValueId {
  if (code.lowering.target.clock === 'kernel') return code.call('ktime_get_ns', []);
  return code.load(code.mapValue(STATE.map, STATE.now), 0, 64);
}

/** The same, behind by a tick of the kernel's at most, for the price of a load. */
export function roughly(code: Code): ValueId {
  return code.lowering.target.clock === 'kernel' ? code.call('ktime_get_coarse_ns', []) : now(code);
}

/** Seconds of the instance's clock, which the runtime keeps: no helper call. */
export function seconds(code: Code): ValueId {
  return code.load(code.mapValue(STATE.map, STATE.seconds), 0, 32);
}
