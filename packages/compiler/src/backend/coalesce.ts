import type { Interference } from './interference.ts';
import { ALLOCATABLE, FIRST_VIRTUAL, type Register } from './machine.ts';

const COLOURS = ALLOCATABLE.length;

/**
 * Unites registers that a copy connects, where that cannot make the graph harder to colour (Briggs's test, and George's
 * for a machine register). Gives for each united register the one that stands for it.
 */
export function coalesce({ neighbours, copies }: Interference): ReadonlyMap<Register, Register> {
  const graph = new Map([...neighbours].map(([register, others]) => [register, new Set(others)]));
  const united = new Map<Register, Register>();
  const of = (register: Register) => graph.get(register) ?? new Set<Register>();
  const standing = (register: Register): Register => {
    let current = register;
    for (let next = united.get(current); next !== undefined; next = united.get(current)) current = next;
    return current;
  };
  const isDense = (register: Register) => register < FIRST_VIRTUAL || of(register).size >= COLOURS;
  const briggs = (left: Register, right: Register) => {
    let dense = 0;
    for (const other of of(left).union(of(right))) {
      const shared = of(left).has(other) && of(right).has(other);
      if (other < FIRST_VIRTUAL || of(other).size - (shared ? 1 : 0) >= COLOURS) dense++;
    }
    return dense < COLOURS;
  };
  const george = (machine: Register, virtual: Register) =>
    [...of(virtual)].every((other) => of(machine).has(other) || other < FIRST_VIRTUAL || !isDense(other));
  const unite = (kept: Register, gone: Register) => {
    for (const other of of(gone)) {
      of(other).delete(gone);
      of(other).add(kept);
      of(kept).add(other);
    }
    graph.delete(gone);
    united.set(gone, kept);
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const copy of copies) {
      const [low, high] = [standing(copy.dst), standing(copy.src)].toSorted((a, b) => a - b);
      if (low === undefined || high === undefined || low === high) continue;
      if (high < FIRST_VIRTUAL || of(low).has(high)) continue;
      if (low < FIRST_VIRTUAL ? !george(low, high) : !briggs(low, high)) continue;
      unite(low, high);
      changed = true;
    }
  }
  return new Map([...united.keys()].map((register) => [register, standing(register)]));
}
