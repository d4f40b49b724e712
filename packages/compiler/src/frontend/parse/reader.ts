// What the readers of expressions, statements and functions share: the file and the function being read.

import type ts from 'typescript';
import type { DiagnosticCode } from '../diagnostics.ts';
import type { Refused, Span } from '../syntax/expression.ts';
import type { FunctionNode } from '../syntax/function.ts';
import { Binder } from './binder.ts';

export type FunctionSyntax = ts.FunctionDeclaration | ts.FunctionExpression | ts.ArrowFunction | ts.MethodDeclaration;

export interface Reader {
  readonly source: ts.SourceFile;
  readonly file: string;
  /** `undefined`: at module level. */
  readonly binder: Binder | undefined;
  /** What of the present function the subset lacks. */
  readonly refused: Refused[];
  /** Expressions hold functions, and functions expressions: this is how the reader of the former finds that of the latter. */
  readFunction(outside: Reader, node: FunctionSyntax, name: string): FunctionNode;
}

export const inFunction = (reader: Reader): Reader & { readonly binder: Binder } => ({
  ...reader,
  binder: new Binder(),
  refused: [],
});

export function spanOf(reader: Reader, node: ts.Node): Span {
  return { start: node.getStart(reader.source), end: node.getEnd() };
}

export function refuse(reader: Reader, node: ts.Node, code: DiagnosticCode, ...operands: readonly string[]): Refused {
  const refused: Refused = { ...spanOf(reader, node), kind: 'refused', code, operands };
  reader.refused.push(refused);
  return refused;
}
