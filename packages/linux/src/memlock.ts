import { Errno } from './errno.ts';
import { sys } from './ffi.ts';
import { NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';

const RLIMIT_MEMLOCK = 8;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

/**
 * Lifts the limit on locked memory of this process: to the hard limit, or altogether with CAP_SYS_RESOURCE. Returns the
 * new limit in bytes (Infinity for none). Kernels before 5.11 count BPF maps and programs against it and refuse them with
 * a bare EPERM; AF_XDP counts its packet memory unless the process has CAP_IPC_LOCK.
 */
export function raiseMemlockLimit(): number {
  // struct rlimit { u64 soft, hard }
  const limit = new NativeBuffer(16).setU64(0, RLIM_INFINITY).setU64(8, RLIM_INFINITY);
  const result = sys.prlimit(0, RLIMIT_MEMLOCK, limit.bytes, null);
  if (result === -Errno.EPERM) {
    check('prlimit(RLIMIT_MEMLOCK)', sys.prlimit(0, RLIMIT_MEMLOCK, null, limit.bytes));
    limit.setU64(0, limit.getU64(8));
    check('prlimit(RLIMIT_MEMLOCK)', sys.prlimit(0, RLIMIT_MEMLOCK, limit.bytes, null));
  } else {
    check('prlimit(RLIMIT_MEMLOCK)', result);
  }
  const soft = limit.getU64(0);
  return soft === RLIM_INFINITY ? Number.POSITIVE_INFINITY : Number(soft);
}
