import { relationHolds } from '../ir/arithmetic.ts';
import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { successorsOf, withTargets } from '../ir/operands.ts';
import type { Block, BlockId, Phi, Program, Relation, ValueId } from '../ir/types.ts';
import { type Definitions, instructionsByResult, useCounts } from '../ir/uses.ts';
import { removeUnreachable } from './remove-unreachable.ts';

/**
 * Where a block does nothing but branch on a phi, predecessors that bring a constant jump straight to the side it
 * selects. Only if what the block defines is read by its own test and by phis of its successors alone: otherwise
 * dominance would break.
 */
export function threadJumps(program: Program): Program {
  if (!program.blocks.some(mayTestPhi)) return program;
  const graph = graphOf(program);
  const definitions = instructionsByResult(program);
  const counts = useCounts(program);
  const blocks = [...program.blocks];
  const touched = new Set<BlockId>();
  for (const id of graph.order) {
    const block = at(blocks, id);
    const test = mayTestPhi(block) ? testOf(block, counts, definitions) : undefined;
    if (test === undefined || !readNearby(block, program, counts)) continue;
    for (const { block: from, value } of test.phi.inputs) {
      const constant = definitions[value];
      if (constant?.op !== 'constant') continue;
      const target = relationHolds(test.relation, constant.value, test.against) ? test.then : test.otherwise;
      if (target === id || [from, id, target].some((near) => touched.has(near))) continue;
      // A second edge between the same blocks could not bring another phi input.
      if (at(graph.predecessors, target).includes(from)) continue;
      redirect(blocks, { from, over: id, target });
      for (const near of [from, id, target]) touched.add(near);
    }
  }
  return touched.size === 0 ? program : removeUnreachable({ ...program, blocks });
}

const mayTestPhi = ({ phis, instructions, terminator }: Block): boolean =>
  phis.length > 0 && instructions.length < 2 && terminator.op === 'branch';

interface Test {
  readonly phi: Phi;
  readonly relation: Relation;
  readonly against: bigint;
  readonly then: BlockId;
  readonly otherwise: BlockId;
}

/** The block's test of a phi against a constant, if it computes nothing else. */
function testOf(
  { terminator, phis, instructions }: Block,
  counts: Uint32Array,
  definitions: Definitions,
): Test | undefined {
  if (terminator.op !== 'branch' || terminator.then === terminator.otherwise) return undefined;
  const { then, otherwise, condition } = terminator;
  const [comparison] = instructions;
  if (comparison === undefined) {
    const phi = phis.find(({ result }) => result === condition);
    return phi && { phi, relation: 'ne', against: 0n, then, otherwise };
  }
  if (instructions.length > 1 || comparison.op !== 'compare') return undefined;
  if (comparison.result !== condition || counts[condition] !== 1) return undefined;
  const against = definitions[comparison.right];
  const phi = phis.find(({ result }) => result === comparison.left);
  if (phi === undefined || against?.op !== 'constant') return undefined;
  return { phi, relation: comparison.relation, against: against.value, then, otherwise };
}

/** Whether all reads of the block's phis are its test and its successors' phis. */
function readNearby(block: Block, program: Program, counts: Uint32Array): boolean {
  const reads = new Map(block.phis.map(({ result }) => [result, 0]));
  const read = (value: ValueId) => {
    const seen = reads.get(value);
    if (seen !== undefined) reads.set(value, seen + 1);
  };
  if (block.terminator.op === 'branch') read(block.terminator.condition);
  const [comparison] = block.instructions;
  if (comparison?.op === 'compare') [comparison.left, comparison.right].forEach(read);
  for (const next of successorsOf(block.terminator)) {
    for (const { inputs } of at(program.blocks, next).phis) {
      for (const input of inputs) if (input.block === block.id) read(input.value);
    }
  }
  return [...reads].every(([phi, count]) => counts[phi] === count);
}

function redirect(blocks: Block[], edge: { from: BlockId; over: BlockId; target: BlockId }): void {
  const from = at(blocks, edge.from);
  const over = at(blocks, edge.over);
  const target = at(blocks, edge.target);
  const brought = new Map(
    over.phis.map(({ result, inputs }) => [result, inputs.find(({ block }) => block === edge.from)?.value]),
  );
  blocks[edge.from] = {
    ...from,
    terminator: withTargets(from.terminator, (to) => (to === edge.over ? edge.target : to)),
  };
  blocks[edge.over] = {
    ...over,
    phis: over.phis.map(({ result, inputs }) => ({ result, inputs: inputs.filter((i) => i.block !== edge.from) })),
  };
  const phis = target.phis.map(({ result, inputs }) => {
    const passed = inputs.find((input) => input.block === edge.over)?.value;
    if (passed === undefined) return { result, inputs };
    return { result, inputs: [...inputs, { block: edge.from, value: brought.get(passed) ?? passed }] };
  });
  blocks[edge.target] = { ...target, phis };
}
