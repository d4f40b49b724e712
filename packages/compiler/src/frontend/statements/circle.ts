// A loop of the program. What its variables may be is found by trying: a round is compiled with assumed ranges, and taken back
// and compiled again with wider ones until what comes around stays within what was assumed.

import { describe } from '../core/describe.ts';
import type { Completion, Evaluation } from '../core/evaluation.ts';
import { holdsLock, type Path } from '../path.ts';
import { differences, joinPaths } from '../paths/join.ts';
import { mergeable } from '../paths/mergeable.ts';
import type { Loop } from '../syntax/statement.ts';
import type { Value } from '../value.ts';
import { Assumptions, type Header } from './assumptions.ts';
import { leaving, together } from './completion.ts';
import { stepped } from './step.ts';

const MOST_TRIES = 24;

interface Round {
  readonly header: Header;
  readonly completion: Completion;
  readonly exits: readonly Path[];
  /** The one path that comes around; `undefined`: none does. */
  readonly back: Path | undefined;
}

export function circle(e: Evaluation, path: Path, node: Loop): Completion {
  const assumptions = new Assumptions(e, path, node);
  for (let tried = 0; tried < MOST_TRIES; tried++) {
    const checkpoint = e.mark();
    const round = compileRound(e, path, node, assumptions);
    if (assumptions.hold(round.header, round.back)) return close(e, path, round, assumptions);
    e.rollback(checkpoint);
  }
  return assumptions.fail();
}

function compileRound(e: Evaluation, path: Path, node: Loop, assumptions: Assumptions): Round {
  const outer = e.watch;
  const header = assumptions.enter();
  e.watch = (step, range) => assumptions.noteStep(step, range);
  try {
    const { then, otherwise } =
      node.condition === undefined ? { then: [header.path], otherwise: [] } : e.condition(header.path, node.condition);
    assumptions.noteBound(then);
    const completion = e.execute(e.joinPaths(then), [node.body]);
    const ends = stepped(e, [...completion.normal, ...completion.continues], node);
    return { header, completion, exits: otherwise, back: meet(e, path, ends, header, node) };
  } finally {
    e.watch = outer;
  }
}

/** One path from all that come around. */
function meet(e: Evaluation, entry: Path, ends: readonly Path[], header: Header, node: Loop): Path | undefined {
  const [back, other] = joinPaths(e, ends, 'forced');
  if (back === undefined) return undefined;
  if (back.epoch !== entry.epoch) e.fail(e.at(node), 'TP2024');
  if (other !== undefined) refuseDifference(e, back, other, node);
  for (const [key, value] of header.path.scope) {
    const around = back.scope.get(key);
    if (around === undefined || !canFollow(e, value, around)) refuse(e, node, key, value, around);
  }
  return back;
}

function refuseDifference(e: Evaluation, a: Path, b: Path, node: Loop): never {
  if (a.epoch !== b.epoch) return e.fail(e.at(node), 'TP2024');
  const [key = ''] = differences(e.builder, a, b, 'forced');
  const value = a.scope.get(key);
  return refuse(e, node, key, value, b.scope.get(key));
}

function refuse(e: Evaluation, node: Loop, key: string, before: Value | undefined, after: Value | undefined): never {
  const word = (value: Value | undefined) => (value === undefined ? 'not there' : describe(value));
  return e.fail(e.at(node), 'TP1052', key.split(' ')[0] ?? '', word(before), word(after));
}

/** What is known when the loop begins cannot become a register later; registers and known numbers follow registers. */
function canFollow(e: Evaluation, header: Value, around: Value): boolean {
  if (header.kind === 'constant' && around.kind === 'constant') return Object.is(header.value, around.value);
  return header.kind !== 'constant' && mergeable(e.builder, header, around, 'normal');
}

function close(
  e: Evaluation,
  path: Path,
  { header, completion, exits, back }: Round,
  assumptions: Assumptions,
): Completion {
  header.complete(path, back);
  if (back !== undefined) {
    e.builder.terminate(back.block, { op: 'jump', target: header.path.block });
    // Once more to find that it is over. Under a lock nothing is called.
    if (!holdsLock(path)) e.builder.limitRounds(header.path.block, Number(assumptions.rounds()) + 1);
  }
  const { returns, breaks } = completion;
  return together([leaving({ returns, normal: [...exits, ...breaks] })]);
}
