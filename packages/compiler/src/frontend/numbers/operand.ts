// Numbers as operators take them and give them.

import type { ValueId } from '../../ir/types.ts';
import { describe } from '../core/describe.ts';
import type { Evaluation } from '../core/evaluation.ts';
import type { Path } from '../path.ts';
import type { Expression, Span } from '../syntax/expression.ts';
import { constant, type Range, type Value } from '../value.ts';
import { contains, only, rangeText, SIGNED_64 } from './range.ts';

/** A value and the expression that it came from, for messages. */
export interface Operand {
  readonly value: Value;
  readonly node: Expression;
}

/** The range of a number; anything else is refused. `sign`: the operator. */
export function numberRange(e: Evaluation, path: Path, { value, node }: Operand, sign: string): Range {
  const range = e.rangeOf(path, value);
  if (range !== undefined) return range;
  if (value.kind === 'constant' && typeof value.value === 'number') e.fail(e.at(node), 'TP2006', String(value.value));
  if (isText(value)) e.fail(e.at(node), 'TP1016', e.textOf(node));
  return e.fail(e.at(node), 'TP2007', sign, e.textOf(node), describe(value));
}

const isText = (value: Value) => value.kind === 'constant' && typeof value.value === 'string';

export type Ranged = Operand & { readonly range: Range };

/** What made a result, for the message if it is too large. */
export interface Origin {
  readonly node: Span;
  readonly operands: readonly Ranged[];
}

export function requireSigned64(e: Evaluation, range: Range, { node, operands }: Origin): void {
  if (contains(SIGNED_64, range)) return;
  const named = operands.map((operand) => `'${e.textOf(operand.node)}' is ${rangeText(operand.range)}`).join(', ');
  e.fail(e.at(node), 'TP2001', e.textOf(node), named);
}

/** The result of an operator; nothing is emitted where only one number is possible. */
export function numberResult(e: Evaluation, path: Path, range: Range, emit: () => ValueId, origin: Origin): Value {
  requireSigned64(e, range, origin);
  const known = only(range);
  return known === undefined ? e.integer(emit(), range) : exactNumber(e, path, known);
}

/** A number known now. Beyond 2⁵³, where JavaScript's numbers have gaps, it is kept in a register. */
export function exactNumber(e: Evaluation, path: Path, value: bigint): Value {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return constant(number);
  return e.integer(e.constant(path, value), { low: value, high: value });
}
