// An expression on one path: its values, each on the path on which it is so.

import type { Evaluation } from '../core/evaluation.ts';
import { knownValue } from '../core/names.ts';
import type { Outcome, Path } from '../path.ts';
import type { Expression } from '../syntax/expression.ts';
import { UNDEFINED } from '../value.ts';
import { access } from './access.ts';
import { assign, update } from './assign.ts';
import { isComparison, truthOf } from './condition.ts';
import { logical } from './logical.ts';
import { named, variable } from './name.ts';
import { binary, unary } from './operators.ts';
import { record } from './record.ts';

export function evaluate(e: Evaluation, path: Path, node: Expression): readonly Outcome[] {
  switch (node.kind) {
    case 'literal':
      return [{ path, value: knownValue(node.value) }];
    case 'local':
      return [{ path, value: variable(e, path, node) }];
    case 'free':
      return [{ path, value: named(e, node) }];
    case 'property':
    case 'element':
    case 'call':
      return access(e, path, node, []);
    case 'chain': {
      const stopped: Path[] = [];
      const values = access(e, path, node.links, stopped);
      return [...values, ...stopped.map((end) => ({ path: end, value: UNDEFINED }))];
    }
    case 'record':
      return record(e, path, node.entries);
    case 'unary':
      return node.operator === '!' ? truthOf(e, path, node) : unary(e, path, node, node.operator, node.operand);
    case 'binary':
      return isComparison(node) ? truthOf(e, path, node) : binary(e, path, node, false);
    case 'logical':
      return e.joinAt('normal', logical(e, path, node));
    case 'conditional': {
      const { then, otherwise } = e.condition(path, node.test);
      const outcomes = [
        ...e.joinPaths(then).flatMap((side) => e.evaluate(side, node.then)),
        ...e.joinPaths(otherwise).flatMap((side) => e.evaluate(side, node.otherwise)),
      ];
      return e.joinAt('normal', outcomes);
    }
    case 'assign':
      return assign(e, path, node);
    case 'update':
      return update(e, path, node);
    case 'list':
      return e.fail(e.at(node), 'TP1023', e.textOf(node));
    case 'function':
      return e.fail(e.at(node), 'TP1012');
    case 'refused':
      return e.fail(e.at(node), node.code, ...node.operands);
  }
}
