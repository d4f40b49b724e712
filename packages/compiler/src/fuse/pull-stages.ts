// tc programs see the linear part of a packet alone, and each pulls into it first what its headers may need (frontend/intrinsics/program.ts).
// Behind another function that has, nothing is left to pull: where packets have not been moved since, the question is not asked again.
//
//   linear enough? ──yes──────────────────────────► parse
//        └──no──► more in the packet? ──no──►──────────┤
//                        └──yes──► skb_pull_data ──►───┘
import { at } from '../ir/at.ts';
import { graphOf } from '../ir/graph.ts';
import { hasEffect } from '../ir/operands.ts';
import { movesPacket } from '../ir/packet-moving.ts';
import type { Block, BlockId, Instruction, Program } from '../ir/types.ts';

export interface PullStage {
  /** Where it is asked. */
  readonly start: BlockId;
  /** Between that and the end. */
  readonly inside: ReadonlySet<BlockId>;
  readonly end: BlockId;
}

const MOST_INSIDE = 8;
const isPull = (one: Instruction): boolean => one.op === 'call' && one.helper === 'skb_pull_data';

export function pullStages(program: Program): readonly PullStage[] {
  const { order, predecessors, successors } = graphOf(program);
  return order.flatMap((start): readonly PullStage[] => {
    const { terminator } = at(program.blocks, start);
    if (terminator.op !== 'in-packet') return [];
    const end = terminator.then;
    const inside = new Set([terminator.otherwise]);
    for (const id of inside) {
      const next = at(successors, id);
      if (next.length === 0 || inside.size > MOST_INSIDE) return [];
      for (const to of next) if (to !== end) inside.add(to);
    }
    const within = [...inside].map((id) => at(program.blocks, id).instructions);
    const isClosed = [...inside].every((id) =>
      at(predecessors, id).every((from) => from === start || inside.has(from)),
    );
    const onlyPulls = within.flat().every((one) => isPull(one) || !hasEffect(one));
    return isClosed && onlyPulls && within.flat().some(isPull) ? [{ start, inside, end }] : [];
  });
}

export function skipPulls(program: Program): Program {
  const stages = new Map(pullStages(program).map((stage) => [stage.start, stage] as const));
  if (stages.size < 2) return program;
  const unpulled = unpulledOf(program, [...stages.values()]);
  const skipped = new Set([...stages.keys()].filter((start) => !unpulled.has(start)));
  if (skipped.size === 0) return program;
  const blocks = program.blocks.map((block): Block => {
    const stage = skipped.has(block.id) ? stages.get(block.id) : undefined;
    return stage === undefined ? block : { ...block, terminator: { op: 'jump', target: stage.end } };
  });
  return { ...program, blocks };
}

/** Blocks to which packets may come that were not pulled, or have been moved since. */
function unpulledOf(program: Program, stages: readonly PullStage[]): ReadonlySet<BlockId> {
  const { successors } = graphOf(program);
  const ending = new Set(
    stages.flatMap(({ start, inside, end }) => [start, ...inside].map((from) => `${from} ${end}`)),
  );
  const next = (from: BlockId) => at(successors, from).filter((to) => !ending.has(`${from} ${to}`));
  const found = new Set<BlockId>([0, ...program.blocks.filter(moves).flatMap(({ id }) => next(id))]);
  for (const from of found) for (const to of next(from)) found.add(to);
  return found;
}

const moves = ({ instructions }: Block): boolean =>
  instructions.some((one) => one.op === 'call' && movesPacket(one.helper));
