import type { Guard } from '../types/traffic.ts';

const HELD: Disposable = Object.freeze({ [Symbol.dispose]() {} });

/** Holds the entry's lock until the end of the block: `using _held = lock(entry.guard)`. No table calls meanwhile.
 *  On Node, where a helper works on a copy of its own, there is nothing to hold. */
export function lock(_guard: Guard): Disposable {
  return HELD;
}
