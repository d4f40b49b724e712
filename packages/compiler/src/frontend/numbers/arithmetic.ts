// `+ - * % **` on exact integers.

import type { ValueId } from '../../ir/types.ts';
import type { Evaluation } from '../core/evaluation.ts';
import { binary } from '../modules/constants.ts';
import type { Path } from '../path.ts';
import type { Arithmetic, Span } from '../syntax/expression.ts';
import { constant, type Range, type Value } from '../value.ts';
import { remainder } from './division.ts';
import { numberRange, numberResult, type Operand } from './operand.ts';
import { corners } from './range.ts';

export function arithmetic(
  e: Evaluation,
  path: Path,
  node: Span,
  operator: Arithmetic,
  left: Operand,
  right: Operand,
): Value {
  const known = knownResult(operator, left.value, right.value);
  if (known !== undefined) return known;
  const a = { ...left, range: numberRange(e, path, left, operator) };
  const b = { ...right, range: numberRange(e, path, right, operator) };
  if (operator === '/') e.fail(e.at(node), 'TP2002', e.textOf(node));
  if (operator === '**') e.fail(e.at(node), 'TP1021', operator);
  if (operator === '%') return remainder(e, path, node, a, b);
  const { range, operation } = RESULTS[operator](a.range, b.range);
  const emit = (): ValueId => {
    const site = e.at(node);
    return e.builder.alu(path.block, operation, e.register(path, a.value, site), e.register(path, b.value, site));
  };
  return numberResult(e, path, range, emit, { node, operands: [a, b] });
}

const RESULTS = {
  '+': (a: Range, b: Range) => ({ range: { low: a.low + b.low, high: a.high + b.high }, operation: 'add' as const }),
  '-': (a: Range, b: Range) => ({ range: { low: a.low - b.high, high: a.high - b.low }, operation: 'sub' as const }),
  '*': (a: Range, b: Range) => ({ range: corners(a, b, (x, y) => x * y), operation: 'mul' as const }),
};

/** Of two constants, as JavaScript computes it, where its numbers are exact or no integers anyway. */
function knownResult(operator: Arithmetic, left: Value, right: Value): Value | undefined {
  if (left.kind !== 'constant' || right.kind !== 'constant') return undefined;
  if (typeof left.value !== 'number' || typeof right.value !== 'number') return undefined;
  const result = binary(operator, left.value, right.value);
  if (typeof result !== 'number' || (Number.isInteger(result) && !Number.isSafeInteger(result))) return undefined;
  return constant(result === 0 ? 0 : result); // -0 and 0 are one integer
}
