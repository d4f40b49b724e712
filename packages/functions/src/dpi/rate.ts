// A rate with a burst inside a table entry, by virtual scheduling (ITU-T I.371): instead of counting tokens it keeps the time
// up to which the rate is used up.
import { duration, guard, type instant as Instant, instant, lock, type Ref, u32 } from '@twinpath/vnf';

/** `bytesPerSecond` 0: no limit. `burst`: how far ahead, in ns, at most 4 s. */
export const rate = { guard, bytesPerSecond: u32, burst: u32, usedUntil: instant };

const SECOND = duration('1 s');

/** Uses up the time that `bytes` take at this rate. `false`: that would be more than the burst, and nothing is used. */
export function take(limit: Ref<typeof rate>, bytes: number, now: Instant): boolean {
  const { bytesPerSecond, burst } = limit;
  if (bytesPerSecond === 0) return true;
  const needed = Math.floor((bytes * SECOND) / bytesPerSecond);
  using _held = lock(limit.guard);
  const end = Math.max(limit.usedUntil, now) + needed;
  if (end - now > burst) return false;
  limit.usedUntil = end;
  return true;
}
