// Calls: of the author's functions, of methods, of @twinpath/vnf and of Math.

import { describe } from '../core/describe.ts';
import { type Evaluation, each } from '../core/evaluation.ts';
import { CALLED } from '../lowering.ts';
import type { Outcome, Path, Site } from '../path.ts';
import type { Call, Expression } from '../syntax/expression.ts';
import type { Value } from '../value.ts';
import { access, continuing, ofNamespace, receiver } from './access.ts';
import { callMath, mathQuotient } from './math.ts';
import { property } from './property.ts';

export function call(e: Evaluation, path: Path, node: Call, stopped: Path[]): readonly Outcome[] {
  const quotient = mathQuotient(e, path, node);
  if (quotient !== undefined) return quotient;
  const { callee } = node;
  if (callee.kind === 'property' && ofNamespace(e, callee) === undefined) {
    return each(receiver(e, path, callee, stopped), (on, object) => callMember(e, on, node, callee, object));
  }
  const callees = continuing(access(e, path, callee, stopped), node.optional, stopped);
  return each(callees, (on, value) =>
    withOperands(e, on, node, (at, operands) => callValue(e, at, node, value, operands)),
  );
}

function callMember(
  e: Evaluation,
  path: Path,
  node: Call,
  callee: Extract<Expression, { kind: 'property' }>,
  object: Value,
): readonly Outcome[] {
  const { name } = callee;
  switch (object.kind) {
    case 'undefined':
      return e.fail(e.at(callee), 'TP1056', e.textOf(callee.object), name);
    case 'object':
    case 'record':
    case 'intrinsic':
      return each(property(e, path, object, name, callee), (on, value) =>
        withOperands(e, on, node, (at, operands) => callValue(e, at, node, value, operands)),
      );
    case 'constant':
    case 'bytes':
    case 'name':
      return e.fail(e.at(callee), 'TP1016', e.textOf(callee));
    case 'integer':
    case 'boolean':
    case 'opaque':
    case 'function':
    case 'verdict':
      return e.fail(e.at(callee), 'TP1057', e.textOf(callee.object), describe(object));
    default:
      return withOperands(e, path, node, (on, operands) =>
        e.intrinsics.method(e, on, object, name, operands, e.at(node)),
      );
  }
}

function callValue(
  e: Evaluation,
  path: Path,
  node: Call,
  callee: Value,
  operands: readonly Value[],
): readonly Outcome[] {
  const site: Site = e.at(node);
  switch (callee.kind) {
    case 'function':
      return e.callFunction(path, callee, operands, site);
    case 'intrinsic':
      if (callee.name.startsWith('Math.')) return callMath(e, path, node, callee.name, operands);
      return e.intrinsics.call(e, path, callee.name, operands, site);
    case 'object':
    case 'counter':
      return e.intrinsics.method(e, path, callee, CALLED, operands, site);
    default:
      return e.fail(site, 'TP1046', e.textOf(node.callee), describe(callee));
  }
}

/** Operands from left to right, on every path that leads through them. */
function withOperands(
  e: Evaluation,
  path: Path,
  { operands }: Call,
  go: (path: Path, operands: readonly Value[]) => readonly Outcome[],
): readonly Outcome[] {
  let rows: readonly { readonly path: Path; readonly values: readonly Value[] }[] = [{ path, values: [] }];
  for (const operand of operands) {
    rows = rows.flatMap(({ path: before, values }) =>
      e.evaluate(before, operand).map(({ path: after, value }) => ({ path: after, values: [...values, value] })),
    );
  }
  return rows.flatMap(({ path: on, values }) => go(on, values));
}
