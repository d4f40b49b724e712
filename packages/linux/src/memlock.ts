import { sys } from './ffi.ts';
import { NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';

const RLIMIT_MEMLOCK = 8;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;

/**
 * Lifts the limit on locked memory of this process. Kernels before 5.11 count BPF maps and programs against it and
 * refuse them with a bare EPERM; AF_XDP counts its packet memory against it on every kernel.
 */
export function raiseMemlockLimit(): void {
  const unlimited = new NativeBuffer(16).setU64(0, RLIM_INFINITY).setU64(8, RLIM_INFINITY);
  const hint = 'run as root, or give the process CAP_SYS_RESOURCE';
  check('prlimit(RLIMIT_MEMLOCK)', sys.prlimit(0, RLIMIT_MEMLOCK, unlimited.bytes, null), { hint });
}
