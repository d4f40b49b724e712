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
import type { Block, BlockId, Instruction, Phi, Program, ValueId } from './types.ts';
import { type Definitions, instructionsByResult } from './uses.ts';

/** How somebody reasons about bounds: the compiler by what operations compute, the verifier by what it can prove. */
export interface Reasoning {
  readonly result: (instruction: Instruction, operand: (value: ValueId) => Interval) => Interval;
  readonly believes: (fact: Fact, definitions: Definitions) => boolean;
  /** What else a fact says. */
  readonly derives?: (fact: Fact, definitions: Definitions) => readonly Fact[];
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
    case 'relocation':
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

/** Of each program once. */
export const rangesOf: (program: Program) => Ranges = oncePerProgram((program) =>
  new Analysis(program, exactReasoning).run(),
);

/** Of some values only, and of what they depend on: takes less time. */
export function rangesOfSome(program: Program, values: Iterable<ValueId>, reasoning = exactReasoning): Ranges {
  return new Analysis(program, reasoning, values).run();
}

/** Changes of a phi after which a bound that still moves is given up: few at a loop's head, where it will go on. */
const PATIENCE = { loop: 3, other: 50 };
const NARROWING_ROUNDS = 2;

type Part = Pick<Block, 'phis' | 'instructions'>;
type HoldingFrom = ReturnType<typeof factsByValue>;

class Analysis {
  readonly #program: Program;
  readonly #reasoning: Reasoning;
  readonly #graph: Graph;
  readonly #definitions: Definitions;
  readonly #facts: HoldingFrom;
  readonly #edges = new Map<Phi, readonly (readonly Fact[])[]>();
  /** By block: the phis and instructions to look at. */
  readonly #parts: readonly Part[];
  /** Values that control has not reached have none. */
  readonly #bounds: (Interval | undefined)[];
  /** When the bounds of a value last changed, and when a block was last looked at: a round goes to few blocks again. */
  readonly #changed: Uint32Array;
  readonly #visited: Uint32Array;
  /** Of blocks that were looked at: what their values depend on, other than what stands above in them. */
  readonly #inputs = new Map<BlockId, readonly ValueId[]>();
  #clock = 0;
  readonly #widenings = new Map<ValueId, number>();

  constructor(program: Program, reasoning: Reasoning, values?: Iterable<ValueId>) {
    this.#program = program;
    this.#reasoning = reasoning;
    this.#graph = graphOf(program);
    this.#definitions = instructionsByResult(program);
    const believed = (fact: Fact) => reasoning.believes(fact, this.#definitions);
    this.#facts = factsByValue(program, this.#graph, this.#definitions, believed, reasoning.derives);
    this.#parts = values === undefined ? program.blocks : this.#partsFor(values);
    this.#parts.forEach(({ phis }, id) => {
      for (const phi of phis) this.#edges.set(phi, this.#edgesOf(phi, id));
    });
    this.#bounds = new Array<Interval | undefined>(program.values.length).fill(undefined);
    this.#changed = new Uint32Array(program.values.length);
    this.#visited = new Uint32Array(program.blocks.length);
  }

  run(): Ranges {
    const { order, loopHeaders } = this.#graph;
    const widened = (phi: ValueId, interval: Interval, patience: number) => this.#widened(phi, interval, patience);
    const busy = order.filter((id) => this.#isBusy(id));
    let moves = this.#round(busy, widened);
    if (loopHeaders.size > 0) {
      // What stands in front of all loops has its bounds already.
      const before = new Set(
        order.slice(
          0,
          order.findIndex((block) => loopHeaders.has(block)),
        ),
      );
      const again = busy.filter((id) => !before.has(id));
      while (moves) moves = this.#round(this.#moved(again), widened);
      const narrowed = (_: ValueId, interval: Interval) => interval;
      this.#round(
        again.filter((id) => at(this.#parts, id).phis.length > 0),
        narrowed,
      );
      for (let round = 1; round < NARROWING_ROUNDS; round++) this.#round(this.#moved(again), narrowed);
    }
    return {
      of: (value) => this.#bounds[value] ?? FULL,
      in: (value, block) => this.#boundsIn(value, block) ?? FULL,
    };
  }

  #isBusy(id: BlockId): boolean {
    const { phis, instructions } = at(this.#parts, id);
    return phis.length + instructions.length > 0;
  }

  /** Of each block what the bounds of some values come from. */
  #partsFor(values: Iterable<ValueId>): readonly Part[] {
    const { blocks } = this.#program;
    const wanted = new Set(values);
    const phis = new Map(blocks.flatMap((block) => block.phis.map((phi) => [phi.result, { phi, block }] as const)));
    const want = ({ other }: Fact) => {
      if ('value' in other) wanted.add(other.value);
    };
    for (const value of wanted) {
      for (const { fact } of this.#facts.get(value) ?? []) want(fact);
      const definition = this.#definitions[value];
      if (definition !== undefined) for (const operand of operandsOf(definition)) wanted.add(operand);
      const merged = phis.get(value);
      if (merged === undefined) continue;
      for (const input of merged.phi.inputs) wanted.add(input.value);
      for (const facts of this.#edgesOf(merged.phi, merged.block.id)) facts.forEach(want);
    }
    return blocks.map((block) => ({
      phis: block.phis.filter(({ result }) => wanted.has(result)),
      instructions: block.instructions.filter((one) => one.op !== 'store' && wanted.has(one.result)),
    }));
  }

  /** What the edges into a block tell of the values that they bring to a phi. */
  #edgesOf({ inputs }: Phi, block: BlockId): readonly (readonly Fact[])[] {
    return inputs.map((input) =>
      edgeFacts(at(this.#program.blocks, input.block), block, this.#definitions).filter(
        (fact) => fact.value === input.value && this.#reasoning.believes(fact, this.#definitions),
      ),
    );
  }

  /** Whether any bounds have changed. */
  #round(blocks: Iterable<BlockId>, accept: (phi: ValueId, interval: Interval, patience: number) => Interval): boolean {
    const before = this.#clock;
    for (const id of blocks) {
      this.#visited[id] = this.#clock;
      const { phis, instructions } = at(this.#parts, id);
      const operand = (value: ValueId) => this.#boundsIn(value, id) ?? FULL;
      const patience = this.#graph.loopHeaders.has(id) ? PATIENCE.loop : PATIENCE.other;
      for (const phi of phis) {
        const interval = this.#phi(phi);
        if (interval !== undefined) this.#update(phi.result, accept(phi.result, interval, patience));
      }
      for (const instruction of instructions) {
        if (instruction.op !== 'store') this.#update(instruction.result, this.#reasoning.result(instruction, operand));
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

  /** Those blocks among some that depend on what has changed since they were looked at, as they come up. */
  *#moved(blocks: readonly BlockId[]): Iterable<BlockId> {
    for (const id of blocks) {
      const since = at(this.#visited, id);
      if (this.#inputsOf(id).some((value) => at(this.#changed, value) > since)) yield id;
    }
  }

  #inputsOf(id: BlockId): readonly ValueId[] {
    const known = this.#inputs.get(id);
    if (known !== undefined) return known;
    const { phis, instructions } = at(this.#parts, id);
    const inputs = new Set<ValueId>();
    const compared = ({ other }: Fact) => {
      if ('value' in other) inputs.add(other.value);
    };
    const depend = (value: ValueId) => {
      inputs.add(value);
      for (const { fact, from } of this.#facts.get(value) ?? []) if (this.#graph.dominates(from, id)) compared(fact);
    };
    for (const instruction of instructions) operandsOf(instruction).forEach(depend);
    for (const { result } of phis) inputs.delete(result);
    for (const instruction of instructions) if (instruction.op !== 'store') inputs.delete(instruction.result);
    for (const phi of phis) {
      for (const { value } of phi.inputs) depend(value);
      for (const facts of this.#edges.get(phi) ?? []) facts.forEach(compared);
    }
    const made = [...inputs];
    this.#inputs.set(id, made);
    return made;
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
