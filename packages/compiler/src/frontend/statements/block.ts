// A block: what it declares ends with it, and what its `using` holds is let go on every way out.

import type { Completion, Evaluation } from '../core/evaluation.ts';
import type { Path } from '../path.ts';
import { without } from '../paths/edit.ts';
import type { Declaration } from '../syntax/declaration.ts';
import type { Block, Statement } from '../syntax/statement.ts';
import { mapPaths } from './completion.ts';

export function block(e: Evaluation, path: Path, node: Block): Completion {
  return leave(e, e.execute([path], node.body), node.body, node.declarations);
}

/** Ends the life of what `statements` declared. */
export function leave(
  e: Evaluation,
  completion: Completion,
  statements: readonly Statement[],
  declarations: readonly Declaration[],
): Completion {
  const held = statements.flatMap((statement) =>
    statement.kind === 'declare' && statement.word === 'using' && statement.pattern.kind === 'name'
      ? [{ key: statement.pattern.declaration.key, statement }]
      : [],
  );
  const keys = declarations.map(({ key }) => key);
  return mapPaths(completion, (path) => {
    // The last one taken goes first.
    const released = held.toReversed().reduce<readonly Path[]>(
      (paths, { key, statement }) =>
        paths.flatMap((on) => {
          const value = on.scope.get(key);
          if (value === undefined || value.kind === 'undefined') return [on];
          return e.intrinsics.release(e, on, value, e.at(statement));
        }),
      [path],
    );
    return released.map((on) => without(on, keys));
  });
}
