// Bounds of every value, by the instruction that makes it and by the branches that lead to where it is used.

import { at } from './at.ts';
import { edgeFacts, type Fact, factsByValue } from './facts.ts';
import { type Graph, graphOf } from './graph.ts';
import {
  BOOLEAN,
  bits,
  constrained,
  equalIntervals,
  exactly,
  FULL,
  hull,
  type Interval,
  intervalOfAlu,
  intervalOfTruncation,
} from './interval.ts';
import type { BlockId, Instruction, Phi, Program, ValueId } from './types.ts';
import { instructionsByResult } from './uses.ts';

/** How somebody reasons about bounds: the compiler by what operations compute, the verifier by what it can prove. */
export interface Reasoning {
  readonly result: (instruction: Instruction, operand: (value: ValueId) => Interval) => Interval;
  readonly believes: (fact: Fact, definitions: ReadonlyMap<ValueId, Instruction>) => boolean;
}

export interface Ranges {
  /** Bounds wherever the value is used. */
  readonly of: (value: ValueId) => Interval;
  /** Bounds when control is in a block. */
  readonly in: (value: ValueId, block: BlockId) => Interval;
}

export const exactReasoning: Reasoning = { result: exactResult, believes: () => true };

export function exactResult(instruction: Instruction, operand: (value: ValueId) => Interval): Interval {
  switch (instruction.op) {
    case 'constant':
      return exactly(instruction.value);
    case 'alu':
      return intervalOfAlu(instruction.operation, operand(instruction.left), operand(instruction.right));
    case 'truncate':
      return intervalOfTruncation(operand(instruction.value), instruction.width);
    case 'swap':
    case 'load':
    case 'atomic':
      return bits(instruction.width);
    case 'compare':
      return BOOLEAN;
    case 'call':
      return instruction.helper === 'get_prandom_u32' || instruction.helper === 'get_smp_processor_id'
        ? bits(32)
        : FULL;
    default:
      return FULL;
  }
}

export function rangesOf(
  program: Program,
  reasoning: Reasoning = exactReasoning,
  graph: Graph = graphOf(program),
): Ranges {
  const analysis = new Analysis(program, reasoning, graph);
  analysis.run();
  return {
    of: (value) => analysis.bounds.get(value) ?? FULL,
    in: (value, block) => analysis.boundsIn(value, block) ?? FULL,
  };
}

/** Changes of a phi after which a bound that still moves is given up: few at a loop's head, where it will go on. */
const PATIENCE = { loop: 3, other: 50 };
const NARROWING_ROUNDS = 2;

class Analysis {
  /** Values that control has not reached are missing. */
  readonly bounds = new Map<ValueId, Interval>();
  readonly #program: Program;
  readonly #reasoning: Reasoning;
  readonly #graph: Graph;
  readonly #definitions: ReadonlyMap<ValueId, Instruction>;
  readonly #facts: ReturnType<typeof factsByValue>;
  readonly #changes = new Map<ValueId, number>();

  constructor(program: Program, reasoning: Reasoning, graph: Graph) {
    this.#program = program;
    this.#reasoning = reasoning;
    this.#graph = graph;
    this.#definitions = instructionsByResult(program);
    this.#facts = factsByValue(program, graph, this.#definitions);
  }

  run(): void {
    while (this.#round((phi, interval, patience) => this.#widened(phi, interval, patience)));
    if (this.#graph.loopHeaders.size === 0) return;
    for (let round = 0; round < NARROWING_ROUNDS; round++) this.#round((_, interval) => interval);
  }

  #round(accept: (phi: ValueId, interval: Interval, patience: number) => Interval): boolean {
    let changed = false;
    const update = (value: ValueId, interval: Interval) => {
      const before = this.bounds.get(value);
      if (before !== undefined && equalIntervals(before, interval)) return;
      this.bounds.set(value, interval);
      changed = true;
    };
    for (const id of this.#graph.order) {
      const { phis, instructions } = at(this.#program.blocks, id);
      for (const phi of phis) {
        const interval = this.#phi(phi, id);
        const patience = this.#graph.loopHeaders.has(id) ? PATIENCE.loop : PATIENCE.other;
        if (interval !== undefined) update(phi.result, accept(phi.result, interval, patience));
      }
      for (const instruction of instructions) {
        if (instruction.op === 'store') continue;
        update(
          instruction.result,
          this.#reasoning.result(instruction, (value) => this.boundsIn(value, id) ?? FULL),
        );
      }
    }
    return changed;
  }

  #phi({ inputs }: Phi, block: BlockId): Interval | undefined {
    const reached = inputs.flatMap((input) => {
      const base = this.boundsIn(input.value, input.block);
      if (base === undefined) return [];
      const facts = edgeFacts(at(this.#program.blocks, input.block), block, this.#definitions);
      const refined = this.#refine(
        base,
        facts.filter((fact) => fact.value === input.value),
      );
      return refined === undefined ? [] : [refined];
    });
    return reached.length === 0 ? undefined : reached.reduce(hull);
  }

  #widened(phi: ValueId, interval: Interval, patience: number): Interval {
    const before = this.bounds.get(phi);
    if (before === undefined) return interval;
    const grown = hull(before, interval);
    if (equalIntervals(grown, before)) return before;
    const changes = (this.#changes.get(phi) ?? 0) + 1;
    this.#changes.set(phi, changes);
    if (changes <= patience) return grown;
    return { lo: grown.lo < before.lo ? FULL.lo : before.lo, hi: grown.hi > before.hi ? FULL.hi : before.hi };
  }

  boundsIn(value: ValueId, block: BlockId): Interval | undefined {
    const base = this.bounds.get(value);
    const facts = this.#facts.get(value);
    if (base === undefined || facts === undefined) return base;
    // Facts that contradict each other hold where control never comes: there any bounds do.
    return facts.reduce<Interval>(
      (interval, { fact, from }) =>
        this.#graph.dominates(from, block) ? (this.#refine(interval, [fact]) ?? interval) : interval,
      base,
    );
  }

  /** Undefined: no value keeps to all the facts. */
  #refine(base: Interval, facts: readonly Fact[]): Interval | undefined {
    let interval: Interval = base;
    for (const fact of facts) {
      if (!this.#reasoning.believes(fact, this.#definitions)) continue;
      const other = 'constant' in fact.other ? exactly(fact.other.constant) : this.bounds.get(fact.other.value);
      const next = other === undefined ? interval : constrained(interval, fact.relation, other);
      if (next === undefined) return undefined;
      interval = next;
    }
    return interval;
  }
}
