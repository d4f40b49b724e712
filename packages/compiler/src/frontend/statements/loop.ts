// `for` and `while`: written out where they are short, else a loop of the program.

import type { Completion, Evaluation } from '../core/evaluation.ts';
import type { Path } from '../path.ts';
import { inductionsOf, sizeOf } from '../syntax/induction.ts';
import type { Loop } from '../syntax/statement.ts';
import { leave } from './block.ts';
import { circle } from './circle.ts';
import { leaving, together } from './completion.ts';
import { stepped } from './step.ts';

/** Loops of at most so many rounds, and of at most so much code in all, are written out. */
const UNROLLED_ROUNDS = 8;
const UNROLLED_SIZE = 400;

export function loop(e: Evaluation, path: Path, node: Loop): Completion {
  const { normal, ...left } = e.execute([path], node.initial);
  // What nothing behind this needs must not be carried around.
  const entered = e.settle(normal, (node.condition ?? node.body).start, e.at(node));
  const done = together([
    { ...left, normal: [] },
    ...entered.map((on) => unrolled(e, on, node) ?? circle(e, on, node)),
  ]);
  return leave(e, done, node.initial, node.declarations);
}

/** `undefined`: too many rounds, or not known how many. */
function unrolled(e: Evaluation, path: Path, node: Loop): Completion | undefined {
  const { condition } = node;
  const counts = inductionsOf(node).some(({ declaration }) => path.scope.get(declaration.key)?.kind === 'constant');
  if (condition === undefined || !counts) return undefined;
  const most = Math.min(UNROLLED_ROUNDS, Math.floor(UNROLLED_SIZE / sizeOf(node)));
  const checkpoint = e.mark();
  const done: Completion[] = [];
  const exits: Path[] = [];
  let live: readonly Path[] = [path];
  for (let round = 0; round <= most; round++) {
    const branches = live.map((on) => e.condition(on, condition));
    // Only a loop whose rounds are known is written out.
    if (branches.some(({ then, otherwise }) => then.length > 0 && otherwise.length > 0)) break;
    exits.push(...branches.flatMap(({ otherwise }) => otherwise));
    live = branches.flatMap(({ then }) => then);
    if (live.length === 0) return together([...done, leaving({ normal: exits })]);
    if (round === most) break;
    const { returns, breaks, normal, continues } = e.execute(live, [node.body]);
    done.push(leaving({ returns, normal: breaks }));
    live = stepped(e, [...normal, ...continues], node);
  }
  e.rollback(checkpoint);
  return undefined;
}
