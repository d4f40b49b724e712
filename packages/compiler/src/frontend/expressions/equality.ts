// `===`: numbers, booleans and what is known now here; addresses, names and the rest by the intrinsics.

import type { Evaluation } from '../core/evaluation.ts';
import { compareNumbers } from '../numbers/compare.ts';
import type { Operand } from '../numbers/operand.ts';
import type { Path, Sides } from '../path.ts';
import type { Span } from '../syntax/expression.ts';
import type { Value } from '../value.ts';

export function equal(e: Evaluation, path: Path, node: Span, left: Operand, right: Operand): Sides {
  const [a, b] = [left.value, right.value];
  const known = knownEquality(a, b);
  if (known !== undefined) return known ? { then: path, otherwise: undefined } : { then: undefined, otherwise: path };
  const [x, y] = [e.rangeOf(path, a), e.rangeOf(path, b)];
  if (x !== undefined && y !== undefined) {
    return compareNumbers(e, path, node, '===', { value: a, range: x }, { value: b, range: y });
  }
  const site = e.at(node);
  if (isBoolean(a) && isBoolean(b)) {
    if (a.kind === 'constant' || b.kind === 'constant') return withKnown(e, path, a, b);
    return e.branch(path, e.builder.compare(path.block, 'eq', a.id, b.id));
  }
  return e.intrinsics.equal(e, path, a, b, site);
}

type Truth = Extract<Value, { kind: 'boolean' }> | Extract<Value, { kind: 'constant' }>;

const isBoolean = (value: Value): value is Truth =>
  value.kind === 'boolean' || (value.kind === 'constant' && typeof value.value === 'boolean');

/** `flag === true` is the flag itself. */
function withKnown(e: Evaluation, path: Path, a: Truth, b: Truth): Sides {
  const [flag, known] = a.kind === 'boolean' ? [a, b] : [b, a];
  if (flag.kind !== 'boolean' || known.kind !== 'constant') throw new Error('one of both is known');
  const { then, otherwise } = e.branch(path, flag.id);
  return known.value === true ? { then, otherwise } : { then: otherwise, otherwise: then };
}

/** `undefined`: not known now. */
function knownEquality(a: Value, b: Value): boolean | undefined {
  if (a.kind === 'constant' && b.kind === 'constant') return a.value === b.value;
  if (a.kind === 'undefined' || b.kind === 'undefined') return a.kind === b.kind;
  const isNull = (value: Value) => value.kind === 'constant' && value.value === null;
  return isNull(a) || isNull(b) ? false : undefined;
}
