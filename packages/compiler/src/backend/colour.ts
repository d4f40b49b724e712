import { at } from '../ir/at.ts';
import type { Interference } from './interference.ts';
import { ALLOCATABLE, FIRST_VIRTUAL, type Register } from './machine.ts';

export interface Colouring {
  readonly registers: ReadonlyMap<Register, Register>;
  /** Those for which no machine register was left. */
  readonly uncoloured: readonly Register[];
}

const COLOURS = ALLOCATABLE.length;

/** Chaitin and Briggs: takes nodes off the graph, easy ones first, and gives them machine registers in reverse. */
export function colour(graph: Interference, spillCost: (register: Register) => number): Colouring {
  const registers = new Map<Register, Register>(ALLOCATABLE.map((register) => [register, register]));
  const uncoloured: Register[] = [];
  const preferences = preferencesOf(graph);
  for (const node of removalOrder(graph, spillCost).reverse()) {
    const taken = new Set(neighboursOf(graph, node).map((other) => registers.get(other)));
    const free = ALLOCATABLE.filter((register) => !taken.has(register));
    const wanted = (preferences.get(node) ?? []).map((other) => registers.get(other) ?? -1);
    const chosen = wanted.find((register) => free.includes(register)) ?? free[0];
    if (chosen === undefined) uncoloured.push(node);
    else registers.set(node, chosen);
  }
  return { registers, uncoloured };
}

const neighboursOf = ({ neighbours }: Interference, register: Register) => neighbours.get(register) ?? [];

/** For each register those it is copied from or to, dearest first. */
function preferencesOf({ copies }: Interference): ReadonlyMap<Register, Register[]> {
  const preferences = new Map<Register, Register[]>();
  const prefer = (register: Register, other: Register) => {
    const known = preferences.get(register);
    if (known === undefined) preferences.set(register, [other]);
    else known.push(other);
  };
  for (const { dst, src } of copies) {
    prefer(dst, src);
    prefer(src, dst);
  }
  return preferences;
}

function removalOrder(graph: Interference, spillCost: (register: Register) => number): Register[] {
  const degrees = new Map<Register, number>();
  for (const [register, others] of graph.neighbours) {
    if (register >= FIRST_VIRTUAL) degrees.set(register, others.length);
  }
  const order: Register[] = [];
  const easy = [...degrees].filter(([, degree]) => degree < COLOURS).map(([register]) => register);
  const remove = (register: Register) => {
    degrees.delete(register);
    order.push(register);
    for (const other of neighboursOf(graph, register)) {
      const degree = degrees.get(other);
      if (degree === undefined) continue;
      degrees.set(other, degree - 1);
      if (degree === COLOURS) easy.push(other);
    }
  };
  while (degrees.size > 0) {
    const next = easy.pop();
    if (next === undefined) remove(cheapest(degrees, spillCost));
    else if (degrees.has(next)) remove(next);
  }
  return order;
}

function cheapest(degrees: ReadonlyMap<Register, number>, spillCost: (register: Register) => number): Register {
  const rated = [...degrees].map(([register, degree]) => ({ register, rate: spillCost(register) / degree }));
  return at(
    rated.toSorted((a, b) => a.rate - b.rate).map(({ register }) => register),
    0,
  );
}
