// `%`, and quotients inside of Math.floor and Math.trunc. The IR divides without sign, so the sign is taken off and put back.

import type { AluOperation, ValueId } from '../../ir/types.ts';
import type { Evaluation } from '../core/evaluation.ts';
import type { Path } from '../path.ts';
import type { Span } from '../syntax/expression.ts';
import type { Range, Value } from '../value.ts';
import { numberRange, numberResult, type Operand, type Ranged, requireSigned64 } from './operand.ts';
import { corners, maximum, minimum, rangeText } from './range.ts';

const magnitude = (value: bigint) => (value < 0n ? -value : value);
const largest = ({ low, high }: Range) => maximum(magnitude(low), magnitude(high));

/** Sign of the dividend, as in JavaScript. */
export function remainder(e: Evaluation, path: Path, node: Span, a: Ranged, b: Ranged): Value {
  requireDivisor(e, b);
  const most = minimum(largest(a.range), largest(b.range) - 1n);
  const range = {
    low: a.range.low < 0n ? -minimum(most, magnitude(minimum(a.range.low, 0n))) : 0n,
    high: a.range.high > 0n ? minimum(most, a.range.high) : 0n,
  };
  const smallest = minimum(magnitude(b.range.low), magnitude(b.range.high));
  if (largest(a.range) < smallest) return a.value; // smaller than any divisor
  const emit = () => {
    const signed = new Signed(e, path, node);
    const divisor = signed.magnitude(e.register(path, b.value, e.at(node)), b.range);
    const dividend = e.register(path, a.value, e.at(node));
    if (a.range.low >= 0n) return signed.alu('mod', dividend, divisor);
    const sign = signed.signOf(dividend);
    return signed.withSign(signed.alu('mod', signed.withSign(dividend, sign), divisor), sign);
  };
  return numberResult(e, path, range, emit, { node, operands: [a, b] });
}

/** `Math.floor(a / b)` or `Math.trunc(a / b)`. */
export function quotient(
  e: Evaluation,
  path: Path,
  node: Span,
  rounding: 'floor' | 'trunc',
  left: Operand,
  right: Operand,
): Value {
  const a = { ...left, range: numberRange(e, path, left, '/') };
  const b = { ...right, range: numberRange(e, path, right, '/') };
  requireDivisor(e, b);
  const divide = rounding === 'floor' ? floorDivide : (x: bigint, y: bigint) => x / y;
  const range = corners(a.range, b.range, divide);
  const emit = () => {
    const site = e.at(node);
    const signed = new Signed(e, path, node);
    const [x, y] = [e.register(path, a.value, site), e.register(path, b.value, site)];
    const positive = b.range.low > 0n;
    const divisor = signed.magnitude(y, b.range);
    const dividend = positive ? x : signed.alu('sub', e.constant(path, 0n), x);
    const mayBeNegative = positive ? a.range.low < 0n : a.range.high > 0n;
    if (!mayBeNegative) return signed.alu('div', dividend, divisor);
    const sign = signed.signOf(dividend);
    if (rounding === 'trunc') return signed.withSign(signed.alu('div', signed.withSign(dividend, sign), divisor), sign);
    // Below zero: floor(a / b) = ~(~a / b).
    return signed.alu('xor', signed.alu('div', signed.alu('xor', dividend, sign), divisor), sign);
  };
  // -(-2⁶³) has no register.
  const origin = { node, operands: [a, b] };
  if (b.range.high < 0n) requireSigned64(e, { low: -a.range.high, high: -a.range.low }, origin);
  return numberResult(e, path, range, emit, origin);
}

/** `Math.abs(a)`. */
export function absolute(e: Evaluation, path: Path, node: Span, operand: Operand): Value {
  const a = { ...operand, range: numberRange(e, path, operand, 'Math.abs') };
  if (a.range.low >= 0n) return a.value;
  const least = a.range.high < 0n ? -a.range.high : 0n;
  const emit = () => new Signed(e, path, node).magnitude(e.register(path, a.value, e.at(node)), a.range);
  return numberResult(e, path, { low: least, high: largest(a.range) }, emit, { node, operands: [a] });
}

function floorDivide(x: bigint, y: bigint): bigint {
  const whole = x / y;
  return whole * y !== x && x < 0n !== y < 0n ? whole - 1n : whole;
}

function requireDivisor(e: Evaluation, { node, range }: Ranged): void {
  if (range.low <= 0n && range.high >= 0n) e.fail(e.at(node), 'TP2003', e.textOf(node), `it is ${rangeText(range)}`);
}

/** Arithmetic on signs without branches: `sign` is 0 or -1. */
class Signed {
  readonly #e: Evaluation;
  readonly #path: Path;

  constructor(e: Evaluation, path: Path, node: Span) {
    this.#e = e;
    this.#path = path;
    e.at(node);
  }

  alu(operation: AluOperation, left: ValueId, right: ValueId): ValueId {
    return this.#e.builder.alu(this.#path.block, operation, left, right);
  }

  signOf(value: ValueId): ValueId {
    return this.alu('sar', value, this.#e.constant(this.#path, 63n));
  }

  /** Negated where `sign` is -1. */
  withSign(value: ValueId, sign: ValueId): ValueId {
    return this.alu('sub', this.alu('xor', value, sign), sign);
  }

  magnitude(value: ValueId, { low, high }: Range): ValueId {
    if (low >= 0n) return value;
    if (high < 0n) return this.alu('sub', this.#e.constant(this.#path, 0n), value);
    return this.withSign(value, this.signOf(value));
  }
}
