// Arithmetic and bitwise operators on the values of their operands.

import { type Evaluation, each } from '../core/evaluation.ts';
import { arithmetic } from '../numbers/arithmetic.ts';
import { bitwise, complement } from '../numbers/bitwise.ts';
import { numberRange, type Operand } from '../numbers/operand.ts';
import type { Outcome, Path } from '../path.ts';
import type { Arithmetic, Binary, Bitwise, Expression, Span } from '../syntax/expression.ts';
import { constant, type Value } from '../value.ts';

const BITWISE: ReadonlySet<string> = new Set(['&', '|', '^', '<<', '>>', '>>>'] satisfies Bitwise[]);
const isBitwise = (operator: Arithmetic | Bitwise): operator is Bitwise => BITWISE.has(operator);

/** `unsigned`: the low 32 bits are taken of the result anyway. */
export function binary(e: Evaluation, path: Path, node: Binary, unsigned: boolean): readonly Outcome[] {
  const { operator, left, right } = node;
  if (!isCalculation(operator)) throw new Error(`${operator} gives true or false`);
  // Below `>>>`, operators of bits see low bits only, and so do their own operands; the sign decides what `>>` shifts in.
  const below = operator === '>>>' || (unsigned && isBitwise(operator) && operator !== '>>');
  const sides = below ? (on: Path, side: Expression) => low32(e, on, side) : e.evaluate.bind(e);
  const rights = operator === '<<' || operator === '>>>' ? e.evaluate.bind(e) : sides;
  return each(sides(path, left), (on, a) =>
    each(rights(on, right), (at, b) => [
      {
        path: at,
        value: calculate(e, at, node, operator, { value: a, node: left }, { value: b, node: right }, unsigned),
      },
    ]),
  );
}

/** An operand of which only the low 32 bits are used. */
function low32(e: Evaluation, path: Path, node: Expression): readonly Outcome[] {
  if (node.kind === 'binary' && isCalculation(node.operator) && isBitwise(node.operator))
    return binary(e, path, node, true);
  if (node.kind === 'unary' && node.operator === '~') {
    return each(low32(e, path, node.operand), (on, value) => [
      { path: on, value: complement(e, on, node, { value, node: node.operand }, true) },
    ]);
  }
  return e.evaluate(path, node);
}

const isCalculation = (operator: Binary['operator']): operator is Arithmetic | Bitwise =>
  !['<', '<=', '>', '>=', '===', '!=='].includes(operator);

export function calculate(
  e: Evaluation,
  path: Path,
  node: Span,
  operator: Arithmetic | Bitwise,
  left: Operand,
  right: Operand,
  unsigned = false,
): Value {
  if (isBitwise(operator)) return bitwise(e, path, node, operator, [left, right], unsigned);
  return arithmetic(e, path, node, operator, left, right);
}

/** `-a`, `+a`, `~a`. */
export function unary(
  e: Evaluation,
  path: Path,
  node: Span,
  operator: '-' | '+' | '~',
  operand: Expression,
): readonly Outcome[] {
  return each(e.evaluate(path, operand), (on, value) => {
    const given = { value, node: operand };
    if (operator === '~') return [{ path: on, value: complement(e, on, node, given, false) }];
    numberRange(e, on, given, operator);
    if (operator === '+') return [{ path: on, value }];
    return [{ path: on, value: arithmetic(e, on, node, '-', { value: constant(0), node: operand }, given) }];
  });
}
