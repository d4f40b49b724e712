// TypeScript's expressions to ours. Types, casts and parentheses are gone behind this.

import ts from 'typescript';
import type { Expression, RecordEntry } from '../syntax/expression.ts';
import { readAssignment, readBinary } from './binary.ts';
import { type Reader, refuse, spanOf } from './reader.ts';
import { refuseSyntax } from './refusal.ts';

const UNARY: ReadonlyMap<ts.PrefixUnaryOperator, '!' | '-' | '+' | '~'> = new Map([
  [ts.SyntaxKind.ExclamationToken, '!'],
  [ts.SyntaxKind.MinusToken, '-'],
  [ts.SyntaxKind.PlusToken, '+'],
  [ts.SyntaxKind.TildeToken, '~'],
]);

export function readExpression(reader: Reader, node: ts.Expression): Expression {
  if (isTransparent(node)) return readExpression(reader, node.expression);
  // The outermost link of an optional chain holds the whole of it.
  if (ts.isOptionalChain(node) && !isInChain(node)) {
    return { ...spanOf(reader, node), kind: 'chain', links: readNode(reader, node) };
  }
  return readNode(reader, node);
}

function isTransparent(
  node: ts.Expression,
): node is ts.ParenthesizedExpression | ts.AsExpression | ts.SatisfiesExpression {
  return ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node);
}

function isInChain(node: ts.Node): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessChain(parent) || ts.isElementAccessChain(parent) || ts.isCallChain(parent)) &&
    parent.expression === node
  );
}

function readNode(reader: Reader, node: ts.Expression): Expression {
  const span = spanOf(reader, node);
  const literal = literalOf(node);
  if (literal !== undefined) return { ...span, kind: 'literal', value: literal.value };
  if (ts.isIdentifier(node)) return readName(reader, node);
  if (ts.isPropertyAccessExpression(node)) {
    const object = readExpression(reader, node.expression);
    return { ...span, kind: 'property', object, name: node.name.text, optional: node.questionDotToken !== undefined };
  }
  if (ts.isElementAccessExpression(node)) {
    if (node.questionDotToken !== undefined) return refuse(reader, node, 'TP1021', '?.[');
    const object = readExpression(reader, node.expression);
    return { ...span, kind: 'element', object, index: readExpression(reader, node.argumentExpression) };
  }
  if (ts.isCallExpression(node)) {
    const callee = readExpression(reader, node.expression);
    const operands = node.arguments.map((operand) => readExpression(reader, operand));
    return { ...span, kind: 'call', callee, operands, optional: node.questionDotToken !== undefined };
  }
  if (ts.isObjectLiteralExpression(node)) {
    return { ...span, kind: 'record', entries: node.properties.map((property) => readEntry(reader, property)) };
  }
  if (ts.isArrayLiteralExpression(node)) {
    return { ...span, kind: 'list', elements: node.elements.map((element) => readExpression(reader, element)) };
  }
  if (ts.isConditionalExpression(node)) {
    const [test, then, otherwise] = [node.condition, node.whenTrue, node.whenFalse].map((part) =>
      readExpression(reader, part),
    );
    if (test === undefined || then === undefined || otherwise === undefined) throw new Error('three parts');
    return { ...span, kind: 'conditional', test, then, otherwise };
  }
  if (ts.isPrefixUnaryExpression(node)) return readPrefix(reader, node);
  if (ts.isPostfixUnaryExpression(node)) {
    const operator = node.operator === ts.SyntaxKind.PlusPlusToken ? '++' : '--';
    return { ...span, kind: 'update', operator, prefix: false, target: readExpression(reader, node.operand) };
  }
  if (ts.isBinaryExpression(node))
    return readAssignment(reader, node, readExpression) ?? readBinary(reader, node, readExpression);
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) {
    // Inside of a function of the fast path there are no further ones; at module level they are ordinary functions.
    if (reader.binder !== undefined) return refuseSyntax(reader, node);
    return { ...span, kind: 'function', function: reader.readFunction(reader, node, '') };
  }
  return refuseSyntax(reader, node);
}

function readPrefix(reader: Reader, node: ts.PrefixUnaryExpression): Expression {
  const span = spanOf(reader, node);
  const operand = readExpression(reader, node.operand);
  const operator = UNARY.get(node.operator);
  if (operator === undefined) {
    const update = node.operator === ts.SyntaxKind.PlusPlusToken ? '++' : '--';
    return { ...span, kind: 'update', operator: update, prefix: true, target: operand };
  }
  if (operator === '-' && operand.kind === 'literal' && typeof operand.value === 'number') {
    return { ...span, kind: 'literal', value: -operand.value };
  }
  return { ...span, kind: 'unary', operator, operand };
}

function readName(reader: Reader, node: ts.Identifier): Expression {
  const span = spanOf(reader, node);
  const declaration = reader.binder?.resolve(node.text, node.getEnd());
  if (declaration !== undefined) return { ...span, kind: 'local', declaration };
  if (node.text === 'undefined') return { ...span, kind: 'literal', value: undefined };
  if (node.text === 'NaN' || node.text === 'Infinity') return { ...span, kind: 'literal', value: Number(node.text) };
  return { ...span, kind: 'free', name: node.text };
}

function readEntry(reader: Reader, property: ts.ObjectLiteralElementLike): RecordEntry {
  const span = spanOf(reader, property);
  if (ts.isSpreadAssignment(property)) {
    return { ...span, kind: 'spread', value: readExpression(reader, property.expression) };
  }
  const name = property.name === undefined ? undefined : nameOf(property.name);
  if (name === undefined) return { ...span, kind: 'field', name: '', value: refuse(reader, property, 'TP1026') };
  if (ts.isShorthandPropertyAssignment(property)) {
    return { ...span, kind: 'field', name, value: readName(reader, property.name) };
  }
  if (ts.isPropertyAssignment(property)) {
    return { ...span, kind: 'field', name, value: readExpression(reader, property.initializer) };
  }
  if (ts.isMethodDeclaration(property) && property.body !== undefined && reader.binder === undefined) {
    return {
      ...span,
      kind: 'field',
      name,
      value: { ...span, kind: 'function', function: reader.readFunction(reader, property, name) },
    };
  }
  const code = ts.isMethodDeclaration(property) ? 'TP1012' : 'TP1026';
  return { ...span, kind: 'field', name, value: refuse(reader, property, code) };
}

/** `undefined`: computed. */
export function nameOf(name: ts.PropertyName | ts.BindingName): string | undefined {
  return ts.isIdentifier(name) || ts.isStringLiteral(name) || ts.isNumericLiteral(name) ? name.text : undefined;
}

type Literal = { readonly value: string | number | boolean | bigint | null };

function literalOf(node: ts.Expression): Literal | undefined {
  if (ts.isNumericLiteral(node)) return { value: Number(node.text) };
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return { value: node.text };
  if (ts.isBigIntLiteral(node)) return { value: BigInt(node.text.slice(0, -1)) };
  if (node.kind === ts.SyntaxKind.TrueKeyword) return { value: true };
  if (node.kind === ts.SyntaxKind.FalseKeyword) return { value: false };
  return node.kind === ts.SyntaxKind.NullKeyword ? { value: null } : undefined;
}
