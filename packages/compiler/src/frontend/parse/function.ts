// A function with its parameters and body.

import ts from 'typescript';
import type { FunctionNode, Parameter } from '../syntax/function.ts';
import type { Block } from '../syntax/statement.ts';
import { readExpression } from './expression.ts';
import { declareNames, readPattern } from './pattern.ts';
import { type FunctionSyntax, inFunction, type Reader, refuse, spanOf } from './reader.ts';
import { readBlock } from './statement.ts';

export function readFunction(outside: Reader, node: FunctionSyntax, name: string): FunctionNode {
  const reader = inFunction(outside);
  const { binder } = reader;
  if (node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword)) refuse(reader, node, 'TP1013', 'async');
  if (node.asteriskToken !== undefined) refuse(reader, node, 'TP1014', 'function*');
  const { parameters, body } = binder.inBlock(() => {
    for (const parameter of node.parameters) declareNames(binder, parameter.name, false);
    return { parameters: node.parameters.map((each) => readParameter(reader, each)), body: readBody(reader, node) };
  }).result;
  return {
    ...spanOf(reader, node),
    name: node.name !== undefined && ts.isIdentifier(node.name) ? node.name.text : name,
    file: reader.file,
    parameters,
    body,
    declarations: binder.declarations,
    refused: reader.refused,
  };
}

function readParameter(reader: Reader, node: ts.ParameterDeclaration): Parameter {
  const span = spanOf(reader, node);
  if (node.dotDotDotToken !== undefined) {
    return { ...span, pattern: refuse(reader, node, 'TP1023', 'a rest parameter'), byDefault: undefined };
  }
  const byDefault = node.initializer === undefined ? undefined : readExpression(reader, node.initializer);
  return { ...span, pattern: readPattern(reader, node.name, false), byDefault };
}

function readBody(reader: Reader, node: FunctionSyntax): Block {
  if (node.body === undefined) return { ...spanOf(reader, node), kind: 'block', body: [], declarations: [] };
  if (ts.isBlock(node.body)) return readBlock(reader, node.body);
  const span = spanOf(reader, node.body);
  const value = readExpression(reader, node.body);
  return { ...span, kind: 'block', body: [{ ...span, kind: 'return', value }], declarations: [] };
}
