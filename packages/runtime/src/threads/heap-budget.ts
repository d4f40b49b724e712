// What the objects of a worker may take. A thread that reaches V8's own limit is ended by Node, but V8 ends the process where one
// collection passes the limit by more than 16 MiB, and so does one large array. So that limit lies far above the budget, and
// the budget is held by looking: the thread at itself, and the main thread at one that does not come to it.

import { getHeapStatistics } from 'node:v8';
import { memoryHeld } from '@twinpath/linux';

const MEGABYTE = 2 ** 20;

/** What a thread may take beyond its budget until it is ended from outside: some of it nobody holds any more. */
const SLACK_MB = 512;

/** For V8, beyond the budget: what can be made between two looks. With the default budget it is just below 2 GiB, from where on V8 lets
 *  heaps grow to four times what they hold before it collects. */
const LIMIT_MB = 1023;

export const limitOf = (budgetMb: number): number => budgetMb + LIMIT_MB;

/** In the thread. `undefined`: it holds no more than it may. */
export function overBudgetHere(budgetMb: number): Error | undefined {
  if (getHeapStatistics().used_heap_size <= budgetMb * MEGABYTE) return undefined;
  const held = memoryHeld();
  return held <= budgetMb * MEGABYTE ? undefined : overBudget(held, budgetMb);
}

/** From outside, where nobody can tell what of it is still held. */
export function overBudgetThere(usedBytes: number, budgetMb: number): Error | undefined {
  return usedBytes <= (budgetMb + SLACK_MB) * MEGABYTE ? undefined : overBudget(usedBytes, budgetMb);
}

function overBudget(bytes: number, budgetMb: number): Error {
  const error = new Error(`its thread takes ${Math.round(bytes / MEGABYTE)} MB of memory, and may take ${budgetMb}`);
  return Object.assign(error, { code: 'TP_MEMORY' });
}
