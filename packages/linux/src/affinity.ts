import { sys } from './ffi.ts';
import { NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';

/** Keeps this thread on one CPU. @throws SyscallError (EINVAL: the process may not use that CPU). */
export function pinThread(cpu: number): void {
  const mask = new NativeBuffer(Math.max(8, 8 * Math.ceil((cpu + 1) / 64)));
  mask.bytes[cpu >> 3] = 1 << (cpu & 7);
  check('sched_setaffinity', sys.schedSetaffinity(0, mask.size, mask.bytes), { subject: `CPU ${cpu}` });
}
