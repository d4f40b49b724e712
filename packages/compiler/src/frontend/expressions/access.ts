// `a.b`, `a[0]`, `a.b(c)`, `f(c)`, and chains of these with `?.`.

import { describe } from '../core/describe.ts';
import { type Evaluation, each } from '../core/evaluation.ts';
import type { Outcome, Path } from '../path.ts';
import type { Expression, Property } from '../syntax/expression.ts';
import type { Value } from '../value.ts';
import { call } from './call.ts';
import { requireValue } from './name.ts';
import { knownMember, property } from './property.ts';

/** `stopped`: takes the paths on which a `?.` ends the chain. */
export function access(e: Evaluation, path: Path, node: Expression, stopped: Path[]): readonly Outcome[] {
  switch (node.kind) {
    case 'property': {
      const member = ofNamespace(e, node);
      if (member !== undefined) return [{ path, value: member }];
      return each(receiver(e, path, node, stopped), (on, object) => property(e, on, object, node.name, node));
    }
    case 'element':
      return each(access(e, path, node.object, stopped), (on, object) =>
        each(e.evaluate(on, node.index), (after, index) => [{ path: after, value: element(e, node, object, index) }]),
      );
    case 'call':
      return call(e, path, node, stopped);
    default:
      return e.evaluate(path, node);
  }
}

/** The object of `a.b` or `a?.b`. */
export function receiver(
  e: Evaluation,
  path: Path,
  { object, optional }: Property,
  stopped: Path[],
): readonly Outcome[] {
  return continuing(access(e, path, object, stopped), optional, stopped);
}

/** What goes on behind a link: with `?.`, only what is defined. */
export function continuing(outcomes: readonly Outcome[], optional: boolean, stopped: Path[]): readonly Outcome[] {
  if (!optional) return outcomes;
  const isEnd = ({ value }: Outcome) =>
    value.kind === 'undefined' || (value.kind === 'constant' && value.value === null);
  stopped.push(...outcomes.filter(isEnd).map(({ path }) => path));
  return outcomes.filter((outcome) => !isEnd(outcome));
}

/** A name of `import * as helpers from './helpers.ts'`. `undefined`: the object is no module. */
export function ofNamespace(e: Evaluation, { object, name, start, end }: Property): Value | undefined {
  if (object.kind !== 'free') return undefined;
  const found = e.names.member(e.names.moduleOf(e.present), object.name, name);
  return found === undefined ? undefined : requireValue(e, { start, end }, found);
}

function element(e: Evaluation, node: Extract<Expression, { kind: 'element' }>, object: Value, index: Value): Value {
  const text = e.textOf(node.object);
  if (object.kind !== 'object') return e.fail(e.at(node), 'TP1028', text, describe(object));
  if (index.kind !== 'constant') return e.fail(e.at(node.index), 'TP1028', text, `read at ${describe(index)}`);
  return knownMember(object, String(index.value));
}
