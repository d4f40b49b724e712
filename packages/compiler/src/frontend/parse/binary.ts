// Operators with two sides.

import ts from 'typescript';
import type { Arithmetic, BinaryOperator, Bitwise, Expression, LogicalOperator } from '../syntax/expression.ts';
import { type Reader, refuse, spanOf } from './reader.ts';

type Read = (reader: Reader, node: ts.Expression) => Expression;

const ARITHMETIC: readonly (Arithmetic | Bitwise)[] = ['+', '-', '*', '/', '%', '**', '&', '|', '^', '<<', '>>', '>>>'];
const COMPARISONS: readonly BinaryOperator[] = ['<', '<=', '>', '>=', '===', '!=='];
const LOGICAL: readonly LogicalOperator[] = ['&&', '||', '??'];

export function readBinary(reader: Reader, node: ts.BinaryExpression, read: Read): Expression {
  const sign = node.operatorToken.getText(reader.source);
  const span = spanOf(reader, node);
  const left = read(reader, node.left);
  const right = read(reader, node.right);
  const operator = [...ARITHMETIC, ...COMPARISONS].find((known) => known === sign);
  if (operator !== undefined) return { ...span, kind: 'binary', operator, left, right };
  const logical = LOGICAL.find((known) => known === sign);
  if (logical !== undefined) return { ...span, kind: 'logical', operator: logical, left, right };
  if (sign === '==' || sign === '!=') return refuse(reader, node.operatorToken, 'TP1017', sign, `${sign}=`);
  return refuse(reader, node.operatorToken, 'TP1021', sign);
}

/** `undefined`: no assignment. */
export function readAssignment(reader: Reader, node: ts.BinaryExpression, read: Read): Expression | undefined {
  const sign = node.operatorToken.getText(reader.source);
  if (!sign.endsWith('=') || node.operatorToken.kind < ts.SyntaxKind.FirstAssignment) return undefined;
  if (node.operatorToken.kind > ts.SyntaxKind.LastAssignment) return undefined;
  const operator = ARITHMETIC.find((known) => `${known}=` === sign);
  if (operator === undefined && sign !== '=') return refuse(reader, node.operatorToken, 'TP1027', sign);
  const span = spanOf(reader, node);
  return { ...span, kind: 'assign', operator, target: read(reader, node.left), value: read(reader, node.right) };
}
