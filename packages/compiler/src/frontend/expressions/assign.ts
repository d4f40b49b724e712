// `=`, `+=` and their like, `++`, `--`: to variables, and to fields of headers and table entries.

import { describe } from '../core/describe.ts';
import { type Evaluation, each } from '../core/evaluation.ts';
import { numberRange } from '../numbers/operand.ts';
import type { Outcome, Path } from '../path.ts';
import { withVariable } from '../paths/edit.ts';
import type { Arithmetic, Assignment, Bitwise, Expression, Span, Update } from '../syntax/expression.ts';
import { constant, type Range, type Value } from '../value.ts';
import { access } from './access.ts';
import { variable } from './name.ts';
import { calculate } from './operators.ts';
import { property } from './property.ts';

/** What a store takes: the old value, read before the right side is evaluated, as in JavaScript. */
type Compute = (path: Path, old: () => Value) => readonly Outcome[];

export function assign(e: Evaluation, path: Path, node: Assignment): readonly Outcome[] {
  const { operator, target, value } = node;
  return store(e, path, target, operator !== undefined, (on, old) =>
    each(e.evaluate(on, value), (at, given) => {
      if (operator === undefined) return [{ path: at, value: given }];
      noteStep(e, at, node, operator, given);
      const sum = calculate(e, at, node, operator, { value: old(), node: target }, { value: given, node: value });
      return [{ path: at, value: sum }];
    }),
  );
}

export function update(e: Evaluation, path: Path, node: Update): readonly Outcome[] {
  const { target, prefix } = node;
  const [operator, inverse] = node.operator === '++' ? (['+', '-'] as const) : (['-', '+'] as const);
  const one = { value: constant(1), node: target };
  const stored = store(e, path, target, true, (on, old) => {
    noteStep(e, on, node, operator, one.value);
    return [{ path: on, value: calculate(e, on, node, operator, { value: old(), node: target }, one) }];
  });
  if (prefix) return stored;
  // Integers are exact: the old value is the new one, one step back.
  return each(stored, (on, value) => [
    { path: on, value: calculate(e, on, node, inverse, { value, node: target }, one) },
  ]);
}

/** Tells a loop that looks for bounds how far `x += step` moves. */
function noteStep(e: Evaluation, path: Path, node: Expression, operator: Arithmetic | Bitwise, step: Value): void {
  if (e.watch === undefined || (operator !== '+' && operator !== '-')) return;
  const { low, high }: Range = numberRange(e, path, { value: step, node }, operator);
  e.watch(node, operator === '+' ? { low, high } : { low: -high, high: -low });
}

function store(e: Evaluation, path: Path, target: Expression, readsOld: boolean, compute: Compute): readonly Outcome[] {
  if (target.kind === 'local') {
    const { declaration } = target;
    if (declaration.constant) e.fail(e.at(target), 'TP1048', declaration.name);
    const old = readsOld ? variable(e, path, target) : undefined;
    return compute(path, () => present(old)).map(({ path: on, value }) => ({
      path: withVariable(on, declaration.key, value),
      value,
    }));
  }
  if (target.kind !== 'property') return e.fail(e.at(target), 'TP1050', e.textOf(target));
  return each(access(e, path, target.object, []), (on, object) => {
    refuseFixed(e, target, object);
    const olds = readsOld ? property(e, on, object, target.name, target) : [{ path: on, value: undefined }];
    return olds.flatMap(({ path: at, value: old }) =>
      each(
        compute(at, () => present(old)),
        (after, value) => {
          const site = e.at(target);
          return e.intrinsics.assign(e, after, object, target.name, value, site).map((end) => ({ path: end, value }));
        },
      ),
    );
  });
}

function present(old: Value | undefined): Value {
  if (old === undefined) throw new Error('the old value was not read');
  return old;
}

function refuseFixed(e: Evaluation, target: Extract<Expression, { kind: 'property' }>, object: Value): void {
  const site = (node: Span) => e.at(node);
  if (object.kind === 'undefined') e.fail(site(target), 'TP1056', e.textOf(target.object), target.name);
  if (object.kind === 'record' || object.kind === 'object') e.fail(site(target), 'TP1049', e.textOf(target));
  if (object.kind !== 'view' && object.kind !== 'entry')
    e.fail(site(target), 'TP1057', e.textOf(target.object), describe(object));
}
