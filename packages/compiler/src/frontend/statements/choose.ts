// `if`.

import type { Branches, Completion, Evaluation } from '../core/evaluation.ts';
import type { Path } from '../path.ts';
import type { Statement } from '../syntax/statement.ts';
import { going, together } from './completion.ts';

export function choose(e: Evaluation, path: Path, node: Extract<Statement, { kind: 'if' }>): Completion {
  // Where the test is wrong, both sides are read for further errors.
  const { then, otherwise } = e.recover(() => e.condition(path, node.test)) ?? unknown(e, path);
  const side = (paths: readonly Path[], statement: Statement | undefined) => {
    const entered = e.settle(paths, node.test.end, e.at(node.test));
    return statement === undefined ? going(...entered) : e.execute(entered, [statement]);
  };
  return together([side(then, node.then), side(otherwise, node.otherwise)]);
}

function unknown(e: Evaluation, path: Path): Branches {
  const anew = () => [{ ...path, block: e.builder.block() }];
  return { then: anew(), otherwise: anew() };
}
