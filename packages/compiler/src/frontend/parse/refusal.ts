// Syntax that the fast path has no use for: which diagnostic says what to write instead.

import ts from 'typescript';
import type { DiagnosticCode } from '../diagnostics.ts';
import type { Refused } from '../syntax/expression.ts';
import { type Reader, refuse } from './reader.ts';

const { SyntaxKind } = ts;

/** The word to name in the message, where the code serves several. */
const REFUSALS: ReadonlyMap<ts.SyntaxKind, readonly [DiagnosticCode, string?]> = new Map([
  [SyntaxKind.TryStatement, ['TP1011', 'try']],
  [SyntaxKind.ThrowStatement, ['TP1011', 'throw']],
  [SyntaxKind.FunctionDeclaration, ['TP1012']],
  [SyntaxKind.FunctionExpression, ['TP1012']],
  [SyntaxKind.ArrowFunction, ['TP1012']],
  [SyntaxKind.AwaitExpression, ['TP1013', 'await']],
  [SyntaxKind.YieldExpression, ['TP1014', 'yield']],
  [SyntaxKind.ClassDeclaration, ['TP1015', 'class']],
  [SyntaxKind.ClassExpression, ['TP1015', 'class']],
  [SyntaxKind.NewExpression, ['TP1015', 'new']],
  [SyntaxKind.ThisKeyword, ['TP1015', 'this']],
  [SyntaxKind.SuperKeyword, ['TP1015', 'super']],
  [SyntaxKind.TemplateExpression, ['TP1016', 'a template']],
  [SyntaxKind.TaggedTemplateExpression, ['TP1016', 'a template']],
  [SyntaxKind.RegularExpressionLiteral, ['TP1016', 'a regular expression']],
  [SyntaxKind.DoStatement, ['TP1018', 'do']],
  [SyntaxKind.ForInStatement, ['TP1018', 'for-in']],
  [SyntaxKind.LabeledStatement, ['TP1020']],
  [SyntaxKind.DeleteExpression, ['TP1021', 'delete']],
  [SyntaxKind.TypeOfExpression, ['TP1021', 'typeof']],
  [SyntaxKind.VoidExpression, ['TP1021', 'void']],
  [SyntaxKind.WithStatement, ['TP1021', 'with']],
  [SyntaxKind.NonNullExpression, ['TP1022']],
  [SyntaxKind.SpreadElement, ['TP1023', 'a spread list']],
  [SyntaxKind.ArrayBindingPattern, ['TP1023', 'taking a list apart']],
] as const);

export function refuseSyntax(reader: Reader, node: ts.Node): Refused {
  const [code, word] = REFUSALS.get(node.kind) ?? ['TP1021', firstWordOf(reader, node)];
  return word === undefined ? refuse(reader, node, code) : refuse(reader, node, code, word);
}

/** The word or sign with which the text of a node begins. */
function firstWordOf(reader: Reader, node: ts.Node): string {
  return /^(\w+|\W)/.exec(node.getText(reader.source))?.[0] ?? 'this';
}
