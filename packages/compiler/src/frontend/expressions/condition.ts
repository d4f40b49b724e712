// Conditions as branches: nothing is true or false in a register that only decides where to go.

import { describe } from '../core/describe.ts';
import { type Branches, type Evaluation, sidesOf } from '../core/evaluation.ts';
import { compareNumbers, comparison, knownComparison } from '../numbers/compare.ts';
import { numberRange, type Operand } from '../numbers/operand.ts';
import { point } from '../numbers/range.ts';
import type { Outcome, Path, Sides } from '../path.ts';
import type { Binary, Comparison, Expression } from '../syntax/expression.ts';
import { constant } from '../value.ts';
import { equal } from './equality.ts';

const ORDER: ReadonlySet<string> = new Set(['<', '<=', '>', '>='] satisfies Comparison[]);
const isOrder = (operator: string): operator is Comparison => ORDER.has(operator);

export const isComparison = ({ operator }: Binary) => isOrder(operator) || operator === '===' || operator === '!==';

export function condition(e: Evaluation, path: Path, node: Expression): Branches {
  if (node.kind === 'unary' && node.operator === '!') {
    const { then, otherwise } = e.condition(path, node.operand);
    return { then: otherwise, otherwise: then };
  }
  if (node.kind === 'logical' && node.operator !== '??') {
    const left = e.condition(path, node.left);
    const isAnd = node.operator === '&&';
    const right = all(e.joinPaths(isAnd ? left.then : left.otherwise).map((side) => e.condition(side, node.right)));
    return isAnd
      ? { then: right.then, otherwise: [...left.otherwise, ...right.otherwise] }
      : { then: [...left.then, ...right.then], otherwise: right.otherwise };
  }
  if (node.kind === 'binary' && isComparison(node)) {
    return all(operandsOf(e, path, node).map(({ on, left, right }) => sidesOf(compare(e, on, node, left, right))));
  }
  return all(e.evaluate(path, node).map(({ path: on, value }) => sidesOf(truth(e, on, { value, node }))));
}

/** A comparison or `!` as a value: true, false, or a register. */
export function truthOf(e: Evaluation, path: Path, node: Expression): readonly Outcome[] {
  if (node.kind === 'binary' && isComparison(node)) {
    return operandsOf(e, path, node).flatMap(({ on, left, right }) => compareAsValue(e, on, node, left, right));
  }
  const { then, otherwise } = e.condition(path, node);
  return e.joinAt('forced', [
    ...then.map((side) => ({ path: side, value: constant(true) })),
    ...otherwise.map((side) => ({ path: side, value: constant(false) })),
  ]);
}

function compareAsValue(e: Evaluation, path: Path, node: Binary, left: Operand, right: Operand): readonly Outcome[] {
  const { operator } = node;
  const a = e.rangeOf(path, left.value);
  const b = e.rangeOf(path, right.value);
  if (a !== undefined && b !== undefined && (isOrder(operator) || operator === '===' || operator === '!==')) {
    const known = knownComparison(operator, a, b);
    if (known !== undefined) return [{ path, value: constant(known) }];
    const sides = { left: { value: left.value, range: a }, right: { value: right.value, range: b } };
    return [{ path, value: { kind: 'boolean', id: comparison(e, path, node, operator, sides.left, sides.right) } }];
  }
  const { then, otherwise } = sidesOf(compare(e, path, node, left, right));
  return e.joinAt('forced', [
    ...then.map((side) => ({ path: side, value: constant(true) })),
    ...otherwise.map((side) => ({ path: side, value: constant(false) })),
  ]);
}

function operandsOf(e: Evaluation, path: Path, { left, right }: Binary) {
  return e.evaluate(path, left).flatMap(({ path: on, value: a }) =>
    e.evaluate(on, right).map(({ path: at, value: b }) => ({
      on: at,
      left: { value: a, node: left },
      right: { value: b, node: right },
    })),
  );
}

function compare(e: Evaluation, path: Path, node: Binary, left: Operand, right: Operand): Sides {
  const { operator } = node;
  if (operator === '===') return equal(e, path, node, left, right);
  if (operator === '!==') {
    const { then, otherwise } = equal(e, path, node, left, right);
    return { then: otherwise, otherwise: then };
  }
  if (!isOrder(operator)) throw new Error(`${operator} does not compare`);
  const [a, b] = [left, right].map((side) => ({ value: side.value, range: orderRange(e, path, side) }));
  if (a === undefined || b === undefined) throw new Error('two sides');
  return compareNumbers(e, path, node, operator, a, b);
}

function orderRange(e: Evaluation, path: Path, operand: Operand) {
  const { kind } = operand.value;
  const isText = kind === 'constant' && typeof operand.value.value === 'string';
  if (isText || kind === 'bytes' || kind === 'name') {
    e.fail(e.at(operand.node), 'TP2009', e.textOf(operand.node), describe(operand.value));
  }
  return numberRange(e, path, operand, '<');
}

/** What JavaScript takes for true. */
export function truth(e: Evaluation, path: Path, { value, node }: Operand): Sides {
  const known = (isTrue: boolean) =>
    isTrue ? { then: path, otherwise: undefined } : { then: undefined, otherwise: path };
  switch (value.kind) {
    case 'undefined':
      return known(false);
    case 'constant':
      return known(Boolean(value.value));
    case 'boolean':
      return e.branch(path, value.id);
    case 'integer': {
      const range = e.rangeOf(path, value) ?? value.range;
      return compareNumbers(e, path, node, '!==', { value, range }, { value: constant(0), range: point(0n) });
    }
    case 'opaque': {
      e.at(node);
      return e.branch(path, e.builder.compare(path.block, 'ne', value.id, e.constant(path, 0n)));
    }
    case 'name':
      // Protocols and the like are numbers where they have no name, and 0 is one of them.
      if (value.domain.kind === 'enum' || value.domain.kind === 'port') return known(true);
      return e.fail(e.at(node), 'TP2008', e.textOf(node), describe(value));
    case 'bytes':
      if (value.type !== 'text') return known(true);
      return e.fail(e.at(node), 'TP2008', e.textOf(node), describe(value));
    default:
      return known(true);
  }
}

const all = (branches: readonly Branches[]): Branches => ({
  then: branches.flatMap(({ then }) => then),
  otherwise: branches.flatMap(({ otherwise }) => otherwise),
});
