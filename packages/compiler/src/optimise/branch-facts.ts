import { at } from '../ir/at.ts';
import { type Fact, factsByValue } from '../ir/facts.ts';
import { type Graph, graphOf } from '../ir/graph.ts';
import type { Block, BlockId, Instruction, Program, Relation, Terminator, ValueId } from '../ir/types.ts';
import { type Definitions, instructionsByResult } from '../ir/uses.ts';

/** Decides what an earlier branch has decided: conditions, comparisons of the same values, checks of the packet's bounds. */
export function applyBranchFacts(program: Program): Program {
  const graph = graphOf(program);
  const known = new Known(program, graph);
  let changed = false;
  const blocks = program.blocks.map((block): Block => {
    if (at(graph.dominator, block.id) < 0) return block;
    const instructions = block.instructions.map((instruction) => {
      const holds = instruction.op === 'compare' ? known.comparison(instruction, block.id) : undefined;
      if (instruction.op !== 'compare' || holds === undefined) return instruction;
      changed = true;
      return { op: 'constant', value: holds ? 1n : 0n, result: instruction.result } as const;
    });
    const terminator = decidedTerminator(block, known);
    if (terminator !== block.terminator) changed = true;
    return { ...block, instructions, terminator };
  });
  return changed ? { ...program, blocks } : program;
}

function decidedTerminator({ id, terminator }: Block, known: Known): Terminator {
  if (terminator.op !== 'branch' && terminator.op !== 'in-packet') return terminator;
  const holds = terminator.op === 'branch' ? known.condition(terminator.condition, id) : known.inPacket(terminator, id);
  if (holds === undefined) return terminator;
  const target = holds ? terminator.then : terminator.otherwise;
  return terminator.at === undefined ? { op: 'jump', target } : { op: 'jump', target, at: terminator.at };
}

type InPacket = Extract<Terminator, { op: 'in-packet' }>;

class Known {
  readonly #graph: Graph;
  readonly #facts: ReturnType<typeof factsByValue>;
  readonly #checks = new Map<ValueId, { readonly size: number; readonly from: BlockId; readonly holds: boolean }[]>();

  constructor(program: Program, graph: Graph) {
    this.#graph = graph;
    const definitions: Definitions = instructionsByResult(program);
    this.#facts = factsByValue(program, graph, definitions);
    for (const id of graph.order) {
      const { terminator } = at(program.blocks, id);
      if (terminator.op !== 'in-packet' || terminator.then === terminator.otherwise) continue;
      const { pointer, size, then, otherwise } = terminator;
      const checks = this.#checks.get(pointer) ?? [];
      this.#checks.set(pointer, checks);
      if (at(graph.predecessors, then).length === 1) checks.push({ size, from: then, holds: true });
      if (at(graph.predecessors, otherwise).length === 1) checks.push({ size, from: otherwise, holds: false });
    }
  }

  condition(condition: ValueId, block: BlockId): boolean | undefined {
    for (const { relation, other } of this.#holding(condition, block)) {
      if (!('constant' in other) || other.constant !== 0n) continue;
      if (relation === 'eq' || relation === 'ne') return relation === 'ne';
    }
    return undefined;
  }

  comparison({ relation, left, right }: Extract<Instruction, { op: 'compare' }>, block: BlockId): boolean | undefined {
    for (const fact of this.#holding(left, block)) {
      if (!('value' in fact.other) || fact.other.value !== right) continue;
      const holds = implied(fact.relation, relation);
      if (holds !== undefined) return holds;
    }
    return undefined;
  }

  /** A pointer's check covers every smaller one; a check that failed, every larger one. */
  inPacket({ pointer, size }: InPacket, block: BlockId): boolean | undefined {
    for (const check of this.#checks.get(pointer) ?? []) {
      if (!this.#graph.dominates(check.from, block)) continue;
      if (check.holds ? size <= check.size : size >= check.size) return check.holds;
    }
    return undefined;
  }

  #holding(value: ValueId, block: BlockId): readonly Fact[] {
    const facts = this.#facts.get(value) ?? [];
    return facts.filter(({ from }) => this.#graph.dominates(from, block)).map(({ fact }) => fact);
  }
}

/** Outcomes of comparing left with right (less, equal, greater) under which each relation holds. */
const OUTCOMES = { lt: 'l', le: 'le', gt: 'g', ge: 'ge' } as const;

function outcomes(relation: Relation): { readonly order: 'u' | 's' | 'any'; readonly when: string } {
  if (relation === 'eq') return { order: 'any', when: 'e' };
  if (relation === 'ne') return { order: 'any', when: 'lg' };
  const kind = relation.slice(1);
  const when = kind === 'lt' || kind === 'le' || kind === 'gt' || kind === 'ge' ? OUTCOMES[kind] : '';
  return { order: relation.startsWith('u') ? 'u' : 's', when };
}

/** What one relation between two values says about another one between them. */
function implied(known: Relation, asked: Relation): boolean | undefined {
  const [a, b] = [outcomes(known), outcomes(asked)];
  if (a.order !== b.order && a.order !== 'any' && b.order !== 'any') return undefined;
  // Without an order, "not equal" is "less or greater", whichever: only all of it can be compared.
  if ([...a.when].every((outcome) => b.when.includes(outcome))) return true;
  return [...a.when].some((outcome) => b.when.includes(outcome)) ? undefined : false;
}
