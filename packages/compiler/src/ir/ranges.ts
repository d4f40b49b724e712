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
import { oncePerProgram } from './once-per-program.ts';
import { operandsOf } from './operands.ts';
import type { BlockId, Instruction, Phi, Program, ValueId } from './types.ts';
import { type Definitions, instructionsByResult } from './uses.ts';

/** How somebody reasons about bounds: the compiler by what operations compute, the verifier by what it can prove. */
export interface Reasoning {
  readonly result: (instruction: Instruction, operand: (value: ValueId) => Interval) => Interval;
  readonly believes: (fact: Fact, definitions: Definitions) => boolean;
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

/** Of each program once for each way of reasoning. */
export function rangesOf(program: Program, reasoning: Reasoning = exactReasoning): Ranges {
  let analyse = analyses.get(reasoning);
  if (analyse === undefined) {
    analyse = oncePerProgram((one) => new Analysis(one, reasoning).run());
    analyses.set(reasoning, analyse);
  }
  return analyse(program);
}

const analyses = new WeakMap<Reasoning, (program: Program) => Ranges>();

/** Changes of a phi after which a bound that still moves is given up: few at a loop's head, where it will go on. */
const PATIENCE = { loop: 3, other: 50 };
const NARROWING_ROUNDS = 2;

type HoldingFrom = ReturnType<typeof factsByValue>;

class Analysis {
  readonly #program: Program;
  readonly #reasoning: Reasoning;
  readonly #graph: Graph;
  readonly #definitions: Definitions;
  readonly #facts: HoldingFrom;
  readonly #edges = new Map<Phi, readonly (readonly Fact[])[]>();
  /** Values that control has not reached have none. */
  readonly #bounds: (Interval | undefined)[];
  /** When the bounds of a value last changed, and when they were last computed: so much of a round need not be done again. */
  readonly #changed: number[];
  readonly #computed: number[];
  #clock = 0;
  readonly #widenings = new Map<ValueId, number>();

  constructor(program: Program, reasoning: Reasoning) {
    this.#program = program;
    this.#reasoning = reasoning;
    this.#graph = graphOf(program);
    this.#definitions = instructionsByResult(program);
    const believed = (fact: Fact) => reasoning.believes(fact, this.#definitions);
    this.#facts = factsByValue(program, this.#graph, this.#definitions, believed);
    for (const { id, phis } of program.blocks) for (const phi of phis) this.#edges.set(phi, this.#edgesOf(phi, id));
    this.#bounds = program.values.map(() => undefined);
    this.#changed = program.values.map(() => 0);
    this.#computed = program.values.map(() => -1);
  }

  run(): Ranges {
    while (this.#round((phi, interval, patience) => this.#widened(phi, interval, patience)));
    if (this.#graph.loopHeaders.size > 0) {
      for (const { result } of this.#edges.keys()) this.#computed[result] = -1;
      for (let round = 0; round < NARROWING_ROUNDS; round++) this.#round((_, interval) => interval);
    }
    return {
      of: (value) => this.#bounds[value] ?? FULL,
      in: (value, block) => this.#boundsIn(value, block) ?? FULL,
    };
  }

  /** What the edges into a block tell of the values that they bring to a phi. */
  #edgesOf({ inputs }: Phi, block: BlockId): readonly (readonly Fact[])[] {
    return inputs.map((input) =>
      edgeFacts(at(this.#program.blocks, input.block), block, this.#definitions).filter(
        (fact) => fact.value === input.value && this.#reasoning.believes(fact, this.#definitions),
      ),
    );
  }

  #round(accept: (phi: ValueId, interval: Interval, patience: number) => Interval): boolean {
    const before = this.#clock;
    for (const id of this.#graph.order) {
      const { phis, instructions } = at(this.#program.blocks, id);
      const operand = (value: ValueId) => this.#boundsIn(value, id) ?? FULL;
      const patience = this.#graph.loopHeaders.has(id) ? PATIENCE.loop : PATIENCE.other;
      for (const phi of phis) {
        if (!this.#isOutdatedPhi(phi)) continue;
        this.#computed[phi.result] = this.#clock;
        const interval = this.#phi(phi);
        if (interval !== undefined) this.#update(phi.result, accept(phi.result, interval, patience));
      }
      for (const instruction of instructions) {
        if (instruction.op === 'store' || !this.#isOutdated(instruction.result, operandsOf(instruction))) continue;
        this.#computed[instruction.result] = this.#clock;
        this.#update(instruction.result, this.#reasoning.result(instruction, operand));
      }
    }
    return this.#clock > before;
  }

  #update(value: ValueId, interval: Interval): void {
    const before = this.#bounds[value];
    if (before !== undefined && equalIntervals(before, interval)) return;
    this.#bounds[value] = interval;
    this.#changed[value] = ++this.#clock;
  }

  /** Whether what a value is computed from has changed since, or what branches compare that with. */
  #isOutdated(value: ValueId, operands: readonly ValueId[]): boolean {
    const computed = at(this.#computed, value);
    if (computed < 0) return true;
    for (const operand of operands) {
      if (at(this.#changed, operand) > computed) return true;
      for (const { fact } of this.#facts.get(operand) ?? []) if (this.#hasMoved(fact, computed)) return true;
    }
    return false;
  }

  #isOutdatedPhi(phi: Phi): boolean {
    const computed = at(this.#computed, phi.result);
    const values = phi.inputs.map(({ value }) => value);
    if (this.#isOutdated(phi.result, values)) return true;
    return (this.#edges.get(phi) ?? []).some((facts) => facts.some((fact) => this.#hasMoved(fact, computed)));
  }

  #hasMoved({ other }: Fact, since: number): boolean {
    return 'value' in other && at(this.#changed, other.value) > since;
  }

  #phi(phi: Phi): Interval | undefined {
    const edges = this.#edges.get(phi) ?? [];
    let reached: Interval | undefined;
    for (const [index, input] of phi.inputs.entries()) {
      const base = this.#boundsIn(input.value, input.block);
      const refined = base && this.#refine(base, edges[index] ?? []);
      if (refined !== undefined) reached = reached === undefined ? refined : hull(reached, refined);
    }
    return reached;
  }

  #widened(phi: ValueId, interval: Interval, patience: number): Interval {
    const before = this.#bounds[phi];
    if (before === undefined) return interval;
    const grown = hull(before, interval);
    if (equalIntervals(grown, before)) return before;
    const changes = (this.#widenings.get(phi) ?? 0) + 1;
    this.#widenings.set(phi, changes);
    if (changes <= patience) return grown;
    return { lo: grown.lo < before.lo ? FULL.lo : before.lo, hi: grown.hi > before.hi ? FULL.hi : before.hi };
  }

  #boundsIn(value: ValueId, block: BlockId): Interval | undefined {
    const base = this.#bounds[value];
    const facts = this.#facts.get(value);
    if (base === undefined || facts === undefined) return base;
    let interval = base;
    for (const { fact, from } of facts) {
      // Facts that contradict each other hold where control never comes: there any bounds do.
      if (this.#graph.dominates(from, block)) interval = this.#refined(interval, fact) ?? interval;
    }
    return interval;
  }

  /** Undefined: no value keeps to all the facts. */
  #refine(base: Interval, facts: readonly Fact[]): Interval | undefined {
    let interval: Interval | undefined = base;
    for (const fact of facts) interval = interval && this.#refined(interval, fact);
    return interval;
  }

  #refined(interval: Interval, { relation, other }: Fact): Interval | undefined {
    const bounds = 'constant' in other ? exactly(other.constant) : this.#bounds[other.value];
    return bounds === undefined ? interval : constrained(interval, relation, bounds);
  }
}
