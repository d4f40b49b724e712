import { sys } from './ffi.ts';
import { NativeBuffer } from './native-buffer.ts';
import { check } from './syscall-error.ts';

const clocks = { monotonic: 1, 'monotonic-coarse': 6, boottime: 7, tai: 11 } as const;

/** `monotonic` is bpf_ktime_get_ns, `monotonic-coarse` bpf_ktime_get_coarse_ns, `boottime` bpf_ktime_get_boot_ns. */
export type Clock = keyof typeof clocks;

/** Nanoseconds of a kernel clock, comparable with what programs in the kernel read. */
export function clockNs(clock: Clock): bigint {
  const timespec = new NativeBuffer(16);
  check('clock_gettime', sys.clockGettime(clocks[clock], timespec.bytes), { subject: `clock ${clock}` });
  return timespec.getU64(0) * 1_000_000_000n + timespec.getU64(8);
}
