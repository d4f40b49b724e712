import { Fault } from '../fault.ts';
import type { Arguments, Helpers, Machine } from '../machine.ts';
import { locate } from '../memory.ts';

function lock(given: Arguments, machine: Machine): undefined {
  const place = given.pointer(0);
  locate(place, 0, 4);
  if (machine.lock !== undefined)
    throw new Fault('a lock is taken while another is held', 'Programs hold one lock at a time.');
  machine.lock = place;
}

function unlock(given: Arguments, machine: Machine): undefined {
  const place = given.pointer(0);
  if (machine.lock?.memory !== place.memory || machine.lock?.offset !== place.offset) {
    throw new Fault('a lock is released that is not held', 'Release the lock that was taken.');
  }
  machine.lock = undefined;
}

export const lockHelpers: Helpers = {
  spin_lock: { parameters: 1, run: lock },
  spin_unlock: { parameters: 1, run: unlock },
};
