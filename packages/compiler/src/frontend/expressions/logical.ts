// `&&`, `||` and `??` as values.

import { type Evaluation, each, sidesOf } from '../core/evaluation.ts';
import type { Outcome, Path } from '../path.ts';
import type { Expression } from '../syntax/expression.ts';
import { constant, type Value } from '../value.ts';
import { truth } from './condition.ts';

type Logical = Extract<Expression, { kind: 'logical' }>;

export function logical(e: Evaluation, path: Path, node: Logical): readonly Outcome[] {
  return each(e.evaluate(path, node.left), (on, value) => {
    if (node.operator === '??') {
      const isMissing = value.kind === 'undefined' || (value.kind === 'constant' && value.value === null);
      return isMissing ? e.evaluate(on, node.right) : [{ path: on, value }];
    }
    const { then, otherwise } = sidesOf(truth(e, on, { value, node: node.left }));
    const [decided, open] = node.operator === '&&' ? [otherwise, then] : [then, otherwise];
    return [
      ...decided.map((side) => ({ path: side, value: asDecided(value, node.operator === '||') })),
      ...open.flatMap((side) => e.evaluate(side, node.right)),
    ];
  });
}

/** The left value where it was found true, or found false. */
function asDecided(value: Value, isTrue: boolean): Value {
  if (value.kind === 'boolean') return constant(isTrue);
  return value.kind === 'integer' && !isTrue ? constant(0) : value;
}
