// Math's functions on exact integers, and the only place of `/`.

import { type Evaluation, each } from '../core/evaluation.ts';
import { compareNumbers } from '../numbers/compare.ts';
import { absolute, quotient } from '../numbers/division.ts';
import { numberRange, type Operand } from '../numbers/operand.ts';
import { maximum, minimum } from '../numbers/range.ts';
import type { Outcome, Path } from '../path.ts';
import type { Call, Expression } from '../syntax/expression.ts';
import type { Range, Value } from '../value.ts';
import { constant } from '../value.ts';

/** `Math.floor(a / b)` and `Math.trunc(a / b)`. `undefined`: the call is neither. */
export function mathQuotient(e: Evaluation, path: Path, { callee, operands }: Call): readonly Outcome[] | undefined {
  const [division] = operands;
  if (callee.kind !== 'property' || (callee.name !== 'floor' && callee.name !== 'trunc')) return undefined;
  if (division?.kind !== 'binary' || division.operator !== '/' || !isMath(e, callee.object)) return undefined;
  const { left, right } = division;
  const rounding = callee.name;
  return each(e.evaluate(path, left), (on, a) =>
    each(e.evaluate(on, right), (at, b) => [{ path: at, value: divided(e, at, division, rounding, a, b) }]),
  );
}

function divided(
  e: Evaluation,
  path: Path,
  node: Extract<Expression, { kind: 'binary' }>,
  rounding: 'floor' | 'trunc',
  a: Value,
  b: Value,
): Value {
  if (a.kind === 'constant' && b.kind === 'constant' && typeof a.value === 'number' && typeof b.value === 'number') {
    const known = Math[rounding](a.value / b.value);
    if (Number.isSafeInteger(known)) return constant(known + 0);
  }
  return quotient(e, path, node, rounding, { value: a, node: node.left }, { value: b, node: node.right });
}

function isMath(e: Evaluation, node: Expression): boolean {
  if (node.kind !== 'free') return false;
  const found = e.names.named(e.names.moduleOf(e.present), node.name);
  return 'value' in found && found.value.kind === 'intrinsic' && found.value.name === 'Math';
}

export function callMath(
  e: Evaluation,
  path: Path,
  node: Call,
  name: string,
  values: readonly Value[],
): readonly Outcome[] {
  const operands = values.map((value, index): Operand => ({ value, node: node.operands[index] ?? node }));
  const [first, ...others] = operands;
  if (first === undefined) return e.fail(e.at(node), 'TP1058', name, '1', '0');
  switch (name) {
    case 'Math.floor':
    case 'Math.trunc':
    case 'Math.round':
    case 'Math.ceil':
      return [{ path, value: rounded(e, path, name, first) }];
    case 'Math.abs':
      return [{ path, value: absolute(e, path, node, first) }];
    case 'Math.min':
    case 'Math.max':
      numberRange(e, path, first, name);
      return others.reduce<readonly Outcome[]>(
        (drafts, other) => each(drafts, (on, value) => [pick(e, on, node, name, { value, node: first.node }, other)]),
        [{ path, value: first.value }],
      );
    default:
      return e.fail(e.at(node), 'TP1055', 'Math', name.slice('Math.'.length), 'floor, trunc, min, max, abs');
  }
}

/** An integer is rounded already; a constant may be a fraction. */
function rounded(
  e: Evaluation,
  path: Path,
  name: 'Math.floor' | 'Math.trunc' | 'Math.round' | 'Math.ceil',
  operand: Operand,
) {
  const { value } = operand;
  if (value.kind === 'constant' && typeof value.value === 'number' && Number.isFinite(value.value)) {
    const { floor, trunc, round, ceil } = Math;
    return constant(
      { 'Math.floor': floor, 'Math.trunc': trunc, 'Math.round': round, 'Math.ceil': ceil }[name](value.value) + 0,
    );
  }
  numberRange(e, path, operand, name);
  return value;
}

function pick(e: Evaluation, path: Path, node: Call, name: 'Math.min' | 'Math.max', a: Operand, b: Operand): Outcome {
  const left = { value: a.value, range: numberRange(e, path, a, name) };
  const right = { value: b.value, range: numberRange(e, path, b, name) };
  const { then, otherwise } = compareNumbers(e, path, node, name === 'Math.min' ? '<=' : '>=', left, right);
  if (then === undefined) return { path: otherwise ?? path, value: right.value };
  if (otherwise === undefined) return { path: then, value: left.value };
  const ends = [
    { path: then, value: left.value },
    { path: otherwise, value: right.value },
  ];
  const [joined, ...rest] = e.join(ends);
  if (joined === undefined || rest.length > 0) throw new Error('two numbers join');
  if (joined.value.kind !== 'integer') return joined;
  return { ...joined, value: e.integer(joined.value.id, extreme(name, left.range, right.range)) };
}

function extreme(name: 'Math.min' | 'Math.max', a: Range, b: Range): Range {
  const choose = name === 'Math.min' ? minimum : maximum;
  return { low: choose(a.low, b.low), high: choose(a.high, b.high) };
}
