// `& | ^ ~ << >> >>>`. JavaScript's work on 32 bits with sign; here they are refused where that differs from the exact integer.
// Under `>>>` only the low 32 bits matter, whatever the sign: there they always work.

import type { AluOperation, ValueId } from '../../ir/types.ts';
import type { Evaluation } from '../core/evaluation.ts';
import type { Path } from '../path.ts';
import type { Bitwise, Span } from '../syntax/expression.ts';
import type { Value } from '../value.ts';
import { exactNumber, numberRange, numberResult, type Operand, type Ranged } from './operand.ts';
import {
  bitsOf,
  contains,
  corners,
  hull,
  minimum,
  only,
  POSITIVE_31,
  rangeText,
  SIGNED_32,
  UNSIGNED_32,
} from './range.ts';

/** `unsigned`: the result is taken modulo 2³² by a `>>>` around it. */
export function bitwise(
  e: Evaluation,
  path: Path,
  node: Span,
  operator: Bitwise,
  [left, right]: readonly [Operand, Operand],
  unsigned: boolean,
): Value {
  if (isOpaque(left.value) || isOpaque(right.value)) return opaque(e, path, node, operator, left, right);
  const a = { ...left, range: numberRange(e, path, left, operator) };
  const b = { ...right, range: numberRange(e, path, right, operator) };
  const [x, y] = [only(a.range), only(b.range)];
  if (x !== undefined && y !== undefined) return knownBits(e, path, node, operator, [a, b], [x, y], unsigned);
  if (operator === '&' || operator === '|' || operator === '^') return logic(e, path, node, operator, [a, b], unsigned);
  return shift(e, path, node, operator, [a, b], unsigned);
}

/** `~a`. */
export function complement(e: Evaluation, path: Path, node: Span, operand: Operand, unsigned: boolean): Value {
  const a = { ...operand, range: numberRange(e, path, operand, '~') };
  const emit = (): ValueId =>
    e.builder.alu(path.block, 'xor', e.register(path, a.value, e.at(node)), e.constant(path, -1n));
  if (unsigned) return low32(e, path, emit());
  requireSigned32(e, node, '~', a);
  return numberResult(e, path, { low: -a.range.high - 1n, high: -a.range.low - 1n }, emit, { node, operands: [a] });
}

function logic(
  e: Evaluation,
  path: Path,
  node: Span,
  operator: '&' | '|' | '^',
  [a, b]: readonly [Ranged, Ranged],
  unsigned: boolean,
): Value {
  const operation = ({ '&': 'and', '|': 'or', '^': 'xor' } as const)[operator];
  const emit = () => alu(e, path, node, operation, a.value, b.value);
  const [left, right] = [contains(POSITIVE_31, a.range), contains(POSITIVE_31, b.range)];
  // A mask without bit 31 cuts everything above off.
  if (operator === '&' && (left || right)) {
    const high = left && right ? minimum(a.range.high, b.range.high) : (left ? a : b).range.high;
    return e.integer(emit(), { low: 0n, high });
  }
  if (left && right) return e.integer(emit(), bitsOf(hull(a.range, b.range)));
  if (unsigned) return low32(e, path, emit());
  requireSigned32(e, node, operator, a);
  requireSigned32(e, node, operator, b);
  return e.integer(emit(), SIGNED_32);
}

function shift(
  e: Evaluation,
  path: Path,
  node: Span,
  operator: '<<' | '>>' | '>>>',
  [a, b]: readonly [Ranged, Ranged],
  unsigned: boolean,
): Value {
  if (b.range.low < 0n || b.range.high > 31n) {
    e.fail(e.at(b.node), 'TP2005', e.textOf(b.node), `it is ${rangeText(b.range)}`);
  }
  if (operator === '>>>') {
    const whole = contains(UNSIGNED_32, a.range) ? a.value : low32(e, path, e.register(path, a.value, e.at(node)));
    if (only(b.range) === 0n) return whole;
    const range = e.rangeOf(path, whole) ?? UNSIGNED_32;
    return e.integer(
      alu(e, path, node, 'shr', whole, b.value),
      corners(range, b.range, (x, n) => x >> n),
    );
  }
  if (operator === '>>') {
    requireSigned32(e, node, operator, a);
    return e.integer(
      alu(e, path, node, 'sar', a.value, b.value),
      corners(a.range, b.range, (x, n) => x >> n),
    );
  }
  const range = corners(a.range, b.range, (x, n) => x << n);
  if (contains(SIGNED_32, range)) return e.integer(alu(e, path, node, 'shl', a.value, b.value), range);
  if (unsigned) return low32(e, path, alu(e, path, node, 'shl', a.value, b.value));
  return e.fail(e.at(node), 'TP2004', operator, e.textOf(node), `it is ${rangeText(range)}`);
}

/** All operands known: JavaScript's own result, if that is exact. */
function knownBits(
  e: Evaluation,
  path: Path,
  node: Span,
  operator: Bitwise,
  [a, b]: readonly [Ranged, Ranged],
  [x, y]: readonly [bigint, bigint],
  unsigned: boolean,
): Value {
  if (operator.length > 1 && (y < 0n || y > 31n)) {
    e.fail(e.at(b.node), 'TP2005', e.textOf(b.node), `it is ${y}`);
  }
  if (operator === '>>>') return exactNumber(e, path, BigInt.asUintN(32, x) >> y);
  const exact = EXACT[operator](x, y);
  if (unsigned) return exactNumber(e, path, BigInt.asUintN(32, exact));
  const sound = operator === '>>' ? BigInt.asIntN(32, x) === x : BigInt.asIntN(32, exact) === exact;
  if (!sound) e.fail(e.at(node), 'TP2004', operator, e.textOf(node), `'${e.textOf(a.node)}' is ${x}`);
  return exactNumber(e, path, exact);
}

const EXACT = {
  '&': (x: bigint, y: bigint) => x & y,
  '|': (x: bigint, y: bigint) => x | y,
  '^': (x: bigint, y: bigint) => x ^ y,
  '<<': (x: bigint, y: bigint) => x << y,
  '>>': (x: bigint, y: bigint) => BigInt.asIntN(32, x) >> y,
};

function requireSigned32(e: Evaluation, node: Span, operator: string, { node: operand, range }: Ranged): void {
  if (contains(SIGNED_32, range)) return;
  e.fail(e.at(node), 'TP2004', operator, e.textOf(operand), `it is ${rangeText(range)}`);
}

function low32(e: Evaluation, path: Path, id: ValueId): Value {
  return e.integer(e.builder.truncate(path.block, id, 32), UNSIGNED_32);
}

function alu(e: Evaluation, path: Path, node: Span, operation: AluOperation, left: Value, right: Value): ValueId {
  const site = e.at(node);
  return e.builder.alu(path.block, operation, e.register(path, left, site), e.register(path, right, site));
}

const isOpaque = (value: Value) =>
  value.kind === 'opaque' || (value.kind === 'constant' && typeof value.value === 'bigint');

/** `u64`: 64 bits without sign or size. */
function opaque(e: Evaluation, path: Path, node: Span, operator: Bitwise, left: Operand, right: Operand): Value {
  const operation = { '&': 'and', '|': 'or', '^': 'xor' } as const;
  if (operator !== '&' && operator !== '|' && operator !== '^') {
    return e.fail(e.at(node), 'TP2007', operator, e.textOf(left.node), 'a u64');
  }
  for (const { value, node: operand } of [left, right]) {
    if (!isOpaque(value)) e.fail(e.at(operand), 'TP2007', operator, e.textOf(operand), 'no u64');
  }
  return { kind: 'opaque', id: alu(e, path, node, operation[operator], left.value, right.value) };
}
