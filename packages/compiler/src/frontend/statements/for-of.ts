// `for (const x of LIST)`: once for each element of a list that is known now.

import type { Completion, Evaluation } from '../core/evaluation.ts';
import { knownMember } from '../expressions/property.ts';
import type { Outcome, Path } from '../path.ts';
import type { Expression, Span } from '../syntax/expression.ts';
import type { ForOf } from '../syntax/statement.ts';
import type { Value } from '../value.ts';
import { bind } from './bind.ts';
import { leave } from './block.ts';
import { going, leaving, together } from './completion.ts';

const MOST_ELEMENTS = 64;

export function forOf(e: Evaluation, path: Path, node: ForOf): Completion {
  return together(elementsOf(e, path, node.list).map(({ path: on, elements }) => through(e, on, node, elements)));
}

function through(e: Evaluation, path: Path, node: ForOf, elements: readonly Value[]): Completion {
  const done: Completion[] = [];
  let live: readonly Path[] = [path];
  for (const element of elements) {
    const entered = live.flatMap((on) => bind(e, on, node.pattern, element, undefined));
    const body = leave(e, e.execute(entered, [node.body]), [], node.declarations);
    done.push(leaving({ returns: body.returns, normal: body.breaks }));
    live = e.joinPaths([...body.normal, ...body.continues]);
  }
  return together([...done, going(...live)]);
}

interface Elements {
  readonly path: Path;
  readonly elements: readonly Value[];
}

function elementsOf(e: Evaluation, path: Path, node: Expression): readonly Elements[] {
  if (node.kind === 'list') {
    requireFew(e, node, node.elements.length);
    return node.elements.reduce<readonly Elements[]>(
      (lists, element) =>
        lists.flatMap(({ path: on, elements }) =>
          e.evaluate(on, element).map(({ path: at, value }) => ({ path: at, elements: [...elements, value] })),
        ),
      [{ path, elements: [] }],
    );
  }
  return e.evaluate(path, node).map((outcome) => ({ path: outcome.path, elements: knownElements(e, node, outcome) }));
}

function knownElements(e: Evaluation, node: Span, { value }: Outcome): readonly Value[] {
  if (value.kind !== 'object' || !Array.isArray(value.value))
    return e.fail(e.at(node), 'TP2023', String(MOST_ELEMENTS));
  requireFew(e, node, value.value.length);
  return value.value.map((_, index) => knownMember(value, String(index)));
}

function requireFew(e: Evaluation, node: Span, count: number): void {
  if (count > MOST_ELEMENTS) e.fail(e.at(node), 'TP2023', String(MOST_ELEMENTS));
}
