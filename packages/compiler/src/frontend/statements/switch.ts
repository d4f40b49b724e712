// `switch`: the tests in order, then the clauses in order, so that one may run on into the next.

import { type Completion, type Evaluation, sidesOf } from '../core/evaluation.ts';
import { equal } from '../expressions/equality.ts';
import type { Path } from '../path.ts';
import type { Switch } from '../syntax/statement.ts';
import type { Value } from '../value.ts';
import { leave } from './block.ts';
import { together } from './completion.ts';

export function branchOut(e: Evaluation, path: Path, node: Switch): Completion {
  return together(
    e.evaluate(path, node.subject).map(({ path: on, value }) => {
      const entries = entriesOf(e, on, value, node);
      const { breaks, ...done } = runClauses(e, node, entries);
      // Without a default, what no clause takes goes on behind the switch.
      const passed = entries.get(undefined) ?? [];
      const completion = { ...done, normal: [...done.normal, ...breaks, ...passed], breaks: [] };
      const statements = node.clauses.flatMap(({ body }) => body);
      return leave(e, completion, statements, node.declarations);
    }),
  );
}

/** The paths that enter each clause; under `undefined` those that enter none. */
function entriesOf(
  e: Evaluation,
  path: Path,
  subject: Value,
  node: Switch,
): Map<Switch['clauses'][number] | undefined, readonly Path[]> {
  const entries = new Map<Switch['clauses'][number] | undefined, readonly Path[]>();
  let open: readonly Path[] = [path];
  for (const clause of node.clauses) {
    const { test } = clause;
    if (test === undefined) continue;
    const sides = open.flatMap((on) =>
      e
        .evaluate(on, test)
        .map(({ path: at, value }) =>
          sidesOf(equal(e, at, test, { value: subject, node: node.subject }, { value, node: test })),
        ),
    );
    entries.set(
      clause,
      sides.flatMap(({ then }) => then),
    );
    open = e.joinPaths(sides.flatMap(({ otherwise }) => otherwise));
  }
  entries.set(
    node.clauses.find(({ test }) => test === undefined),
    open,
  );
  return entries;
}

function runClauses(
  e: Evaluation,
  node: Switch,
  entries: ReadonlyMap<Switch['clauses'][number] | undefined, readonly Path[]>,
): Completion {
  const done: Completion[] = [];
  let running: readonly Path[] = [];
  for (const clause of node.clauses) {
    const entered = e.joinPaths([...running, ...(entries.get(clause) ?? [])]);
    const completion = e.execute(entered, clause.body);
    running = completion.normal;
    done.push({ ...completion, normal: [] });
  }
  return together([...done, { normal: running, returns: [], breaks: [], continues: [] }]);
}
