// What branches tell about values: relations that hold in a block because of the edge by which control came.

import { MIRRORED, NEGATED } from './arithmetic.ts';
import { at } from './at.ts';
import type { Graph } from './graph.ts';
import type { Block, BlockId, Instruction, Program, Relation, ValueId } from './types.ts';
import type { Definitions } from './uses.ts';

export interface Fact {
  readonly value: ValueId;
  readonly relation: Relation;
  /** A value, or a number that no value of the program needs to be. */
  readonly other: { readonly value: ValueId } | { readonly constant: bigint };
}

/** What holds when control goes from one block to another. */
export function edgeFacts({ terminator }: Block, to: BlockId, definitions: Definitions): readonly Fact[] {
  if (terminator.op !== 'branch' || terminator.then === terminator.otherwise) return [];
  return conditionFacts(terminator.condition, terminator.then === to, definitions);
}

function conditionFacts(condition: ValueId, holds: boolean, definitions: Definitions): readonly Fact[] {
  const own: Fact = { value: condition, relation: holds ? 'ne' : 'eq', other: { constant: 0n } };
  const definition = definitions[condition];
  if (definition?.op === 'compare') return [own, ...comparisonFacts(definition, holds)];
  const joins = definition?.op === 'alu' && definition.operation === (holds ? 'and' : 'or');
  if (!joins || !bothBoolean(definition, definitions)) return [own];
  const parts = [definition.left, definition.right];
  return [own, ...parts.flatMap((part) => conditionFacts(part, holds, definitions))];
}

function comparisonFacts({ relation, left, right }: Extract<Instruction, { op: 'compare' }>, holds: boolean): Fact[] {
  const actual = holds ? relation : NEGATED[relation];
  return [
    { value: left, relation: actual, other: { value: right } },
    { value: right, relation: MIRRORED[actual], other: { value: left } },
  ];
}

function bothBoolean({ left, right }: Extract<Instruction, { op: 'alu' }>, definitions: Definitions): boolean {
  return [left, right].every((value) => definitions[value]?.op === 'compare');
}

/** The facts about each value, with the block from which on each holds: there and in all blocks it dominates.
 *  Those that are not believed are left out. */
export function factsByValue(
  program: Program,
  graph: Graph,
  definitions: Definitions,
  believed: (fact: Fact) => boolean = () => true,
  derived: (fact: Fact, definitions: Definitions) => readonly Fact[] = () => [],
): ReadonlyMap<ValueId, readonly { readonly fact: Fact; readonly from: BlockId }[]> {
  const found = new Map<ValueId, { fact: Fact; from: BlockId }[]>();
  for (const block of graph.order) {
    const [only, ...others] = at(graph.predecessors, block);
    if (only === undefined || others.length > 0) continue;
    const own = edgeFacts(at(program.blocks, only), block, definitions);
    for (const fact of own.flatMap((one) => [one, ...derived(one, definitions)])) {
      if (!believed(fact)) continue;
      const known = found.get(fact.value);
      if (known === undefined) found.set(fact.value, [{ fact, from: block }]);
      else known.push({ fact, from: block });
    }
  }
  return found;
}

/** `x + c <= k`, unsigned: x is from -c to k - c. Nothing wraps, for such constants. */
export function factsOfSum({ value, relation, other }: Fact, definitions: Definitions): readonly Fact[] {
  const sum = definitions[value];
  if (sum?.op !== 'alu' || sum.operation !== 'add' || (relation !== 'ule' && relation !== 'ult')) return [];
  const constant = (of: ValueId) => {
    const found = definitions[of];
    return found?.op === 'constant' ? found.value : undefined;
  };
  const [added, bound] = [constant(sum.right), 'constant' in other ? other.constant : constant(other.value)];
  if (added === undefined || bound === undefined || bound < 0n || bound > MOST_BOUND) return [];
  if (added < -MOST_BOUND || added > MOST_BOUND) return [];
  const most = relation === 'ule' ? bound : bound - 1n;
  return [
    { value: sum.left, relation: 'sge', other: { constant: -added } },
    { value: sum.left, relation: 'sle', other: { constant: most - added } },
  ];
}

const MOST_BOUND = 1n << 32n;
