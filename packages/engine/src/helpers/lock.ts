import { lock, unlock } from '../maps/lock.ts';
import { STATE } from '../memory/cpu-state.ts';
import { get, i32 } from '../wasm/expressions.ts';
import type { Helper, Helpers } from './helper.ts';

const LOCK_BYTES = 4;

const spinLock: Helper = (writer) => {
  const { code, program } = writer;
  const address = code.keep('i32', writer.pointer(1, i32.const(LOCK_BYTES), true));
  // Waiting for oneself would never end.
  if (program.checked) code.if(i32.load(program.lib.cpuState, STATE.spinLock), () => writer.trap('fuel used up'));
  lock(program.lib, code, get(address), STATE.spinLock);
};

const spinUnlock: Helper = (writer) => {
  const address = writer.code.keep('i32', writer.pointer(1, i32.const(LOCK_BYTES), true));
  unlock(writer.program.lib, writer.code, get(address), STATE.spinLock);
};

export const lockHelpers: Helpers = { spin_lock: spinLock, spin_unlock: spinUnlock };
