import type { u32 } from '../types/integers.ts';

/** 0 to 2³² − 1. In the fast path the kernel's generator (`get_prandom_u32`): not for secrets there. */
export function randomU32(): u32 {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1));
  return value;
}
