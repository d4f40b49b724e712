// All expressions and statements below a node.

import type { Expression } from './expression.ts';
import type { Pattern, Statement } from './statement.ts';

export type Node = Expression | Statement;

export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'property':
      return [node.object];
    case 'element':
      return [node.object, node.index];
    case 'call':
      return [node.callee, ...node.operands];
    case 'chain':
      return [node.links];
    case 'record':
      return node.entries.map(({ value }) => value);
    case 'list':
      return node.elements;
    case 'unary':
      return [node.operand];
    case 'update':
      return [node.target];
    case 'binary':
    case 'logical':
      return [node.left, node.right];
    case 'conditional':
      return [node.test, node.then, node.otherwise];
    case 'assign':
      return [node.target, node.value];
    case 'block':
      return node.body;
    case 'declare':
      return [...defaultsOf(node.pattern), ...given(node.initial)];
    case 'expression':
      return [node.expression];
    case 'if':
      return [node.test, node.then, ...given(node.otherwise)];
    case 'return':
      return given(node.value);
    case 'loop':
      return [...node.initial, ...given(node.condition), ...given(node.step), node.body];
    case 'for-of':
      return [node.list, node.body];
    case 'switch':
      return [node.subject, ...node.clauses.flatMap(({ test, body }) => [...given(test), ...body])];
    default:
      return [];
  }
}

/** Parents before children, in the order of the text. */
export function* everyNode(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* everyNode(child);
}

const given = <T>(node: T | undefined): readonly T[] => (node === undefined ? [] : [node]);

function defaultsOf(pattern: Pattern): readonly Expression[] {
  if (pattern.kind !== 'fields') return [];
  return pattern.fields.flatMap(({ byDefault, pattern: inner }) => [...given(byDefault), ...defaultsOf(inner)]);
}
