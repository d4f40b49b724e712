import { Errno } from './errno.ts';
import { schedGetattr, schedSetattr } from './ffi.ts';
import { NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';

// struct sched_attr { u32 size, policy; u64 flags; s32 nice; u32 priority; u64 runtime, deadline, period }
const SIZE = 48;
const AT = { size: 0, policy: 4, flags: 8, nice: 16, runtime: 24 } as const;
const SCHED_OTHER = 0;
const SCHED_FLAG_RESET_ON_FORK = 1;
/** Nanoseconds: the shortest that there are. */
const SHORTEST = 100_000;

/** This thread's slices of a CPU are to be short (EEVDF, since 6.12; before, nothing changes): it gets no more of the CPU, but has its turn
 *  sooner when it wakes up. Not passed on to threads and processes that it starts. Who has been given a policy or a priority keeps what
 *  it has. Whether it is so. */
export function shortenSlices(): boolean {
  const attr = new NativeBuffer(SIZE);
  check('sched_getattr', schedGetattr(attr.bytes));
  if (attr.view.getUint32(AT.policy, true) !== SCHED_OTHER || attr.view.getInt32(AT.nice, true) !== 0) return false;
  attr.setU32(AT.size, SIZE);
  attr.setU32(AT.flags, SCHED_FLAG_RESET_ON_FORK);
  attr.setU32(AT.runtime, SHORTEST);
  attr.setU32(AT.runtime + 4, 0);
  const result = schedSetattr(attr.bytes);
  // Sandboxes may forbid it.
  if (result === -Errno.EPERM) return false;
  check('sched_setattr', result);
  return true;
}
