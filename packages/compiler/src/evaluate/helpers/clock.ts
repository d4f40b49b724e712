import type { Helpers } from '../machine.ts';

export const clockHelpers: Helpers = {
  ktime_get_ns: { parameters: 0, run: (_given, { environment }) => environment.now },
  ktime_get_boot_ns: { parameters: 0, run: (_given, { environment }) => environment.now },
  ktime_get_coarse_ns: { parameters: 0, run: (_given, { environment }) => environment.now },
  ktime_get_tai_ns: { parameters: 0, run: (_given, { environment }) => environment.now },
  get_prandom_u32: { parameters: 0, run: (_given, { environment }) => BigInt(environment.random() >>> 0) },
  get_smp_processor_id: { parameters: 0, run: (_given, { environment }) => BigInt(environment.cpu) },
};
