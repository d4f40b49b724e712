// Names: variables of the function, and what the module and @twinpath/vnf have.

import type { Evaluation } from '../core/evaluation.ts';
import type { Named } from '../core/names.ts';
import type { Path } from '../path.ts';
import { Failed } from '../report/report.ts';
import type { Expression, Local, Span } from '../syntax/expression.ts';
import type { Value } from '../value.ts';

export function variable(e: Evaluation, path: Path, node: Local): Value {
  const { key, name } = node.declaration;
  const value = path.scope.get(key);
  if (value !== undefined) return value;
  // The declaration could not be compiled, or is itself what the subset lacks; that has been said.
  if (e.broken.has(key) || e.present.refused.length > 0) throw new Failed();
  return e.fail(e.at(node), 'TP1047', name);
}

export function named(e: Evaluation, node: Extract<Expression, { kind: 'free' }>): Value {
  return requireValue(e, node, e.names.named(e.names.moduleOf(e.present), node.name));
}

export function requireValue(e: Evaluation, node: Span, found: Named): Value {
  return 'value' in found ? found.value : e.fail(e.at(node), found.code, ...found.operands);
}
