// Statements one after another, each on every path that reaches it; behind each one the paths are joined.

import type { Completion, Evaluation } from '../core/evaluation.ts';
import type { Path } from '../path.ts';
import type { Pattern, Statement } from '../syntax/statement.ts';
import { UNDEFINED } from '../value.ts';
import { bind } from './bind.ts';
import { block } from './block.ts';
import { choose } from './choose.ts';
import { going, leaving, together } from './completion.ts';
import { forOf } from './for-of.ts';
import { loop } from './loop.ts';
import { branchOut } from './switch.ts';

export function execute(e: Evaluation, paths: readonly Path[], statements: readonly Statement[]): Completion {
  let live = paths;
  const left: Completion[] = [];
  for (const statement of statements) {
    if (live.length === 0) break;
    const done = together(live.map((path) => recovering(e, path, statement)));
    left.push({ ...done, normal: [] });
    live = e.settle(done.normal, 'until' in statement ? statement.until : statement.end, e.at(statement));
  }
  return together([...left, going(...live)]);
}

/** After an error goes on behind the statement, to find more of them; the program is never finished then. */
function recovering(e: Evaluation, path: Path, statement: Statement): Completion {
  const completion = e.recover(() => one(e, path, statement));
  if (completion !== undefined) return completion;
  if (statement.kind === 'return') return leaving({});
  if (statement.kind === 'declare') for (const key of keysOf(statement.pattern)) e.broken.add(key);
  return going({ ...path, block: e.builder.block() });
}

function one(e: Evaluation, path: Path, statement: Statement): Completion {
  switch (statement.kind) {
    case 'block':
      return block(e, path, statement);
    case 'declare': {
      const { initial, pattern } = statement;
      const values = initial === undefined ? [{ path, value: UNDEFINED }] : e.evaluate(path, initial);
      return going(...values.flatMap(({ path: on, value }) => bind(e, on, pattern, value, undefined)));
    }
    case 'expression':
      return going(...e.evaluate(path, statement.expression).map((outcome) => outcome.path));
    case 'if':
      return choose(e, path, statement);
    case 'return': {
      const { value } = statement;
      return leaving({ returns: value === undefined ? [{ path, value: UNDEFINED }] : e.evaluate(path, value) });
    }
    case 'loop':
      return loop(e, path, statement);
    case 'for-of':
      return forOf(e, path, statement);
    case 'switch':
      return branchOut(e, path, statement);
    case 'break':
      return leaving({ breaks: [path] });
    case 'continue':
      return leaving({ continues: [path] });
    case 'empty':
      return going(path);
    case 'refused':
      return e.fail(e.at(statement), statement.code, ...statement.operands);
  }
}

function keysOf(pattern: Pattern): readonly string[] {
  if (pattern.kind === 'name') return [pattern.declaration.key];
  return pattern.kind === 'fields' ? pattern.fields.flatMap((field) => keysOf(field.pattern)) : [];
}
