// TypeScript's statements to ours.

import ts from 'typescript';
import type { Block, Clause, Declare, Loop, Statement } from '../syntax/statement.ts';
import { readExpression } from './expression.ts';
import { declareNames, readPattern } from './pattern.ts';
import { type Reader, refuse, spanOf } from './reader.ts';
import { refuseSyntax } from './refusal.ts';

export function readBlock(reader: Reader, node: ts.Block): Block {
  const { result, declarations } = inBlock(reader, node.statements, () => readStatements(reader, node.statements));
  return { ...spanOf(reader, node), kind: 'block', body: result, declarations };
}

function inBlock<T>(reader: Reader, statements: readonly ts.Statement[], read: () => T) {
  const { binder } = reader;
  if (binder === undefined) throw new Error('statements are read inside of functions');
  return binder.inBlock(() => {
    for (const statement of statements) {
      const isRefused = ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement);
      if (isRefused && statement.name !== undefined) declareNames(binder, statement.name, true);
      if (!ts.isVariableStatement(statement)) continue;
      const constant = wordOf(statement.declarationList) !== 'let';
      for (const { name } of statement.declarationList.declarations) declareNames(binder, name, constant);
    }
    return read();
  });
}

const readStatements = (reader: Reader, statements: readonly ts.Statement[]) =>
  statements.flatMap((statement) => readStatement(reader, statement));

function readStatement(reader: Reader, node: ts.Statement): readonly Statement[] {
  if (ts.isVariableStatement(node)) return readDeclarations(reader, node.declarationList);
  return isTypeOnly(node) ? [] : [readSingle(reader, node)];
}

const isTypeOnly = (node: ts.Statement) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);

function readSingle(reader: Reader, node: ts.Statement): Statement {
  const span = spanOf(reader, node);
  if (ts.isBlock(node)) return readBlock(reader, node);
  if (ts.isExpressionStatement(node)) {
    return { ...span, kind: 'expression', expression: readExpression(reader, node.expression) };
  }
  if (ts.isIfStatement(node)) {
    const test = readExpression(reader, node.expression);
    const then = readNested(reader, node.thenStatement);
    const otherwise = node.elseStatement === undefined ? undefined : readNested(reader, node.elseStatement);
    return { ...span, kind: 'if', test, then, otherwise };
  }
  if (ts.isReturnStatement(node)) {
    const value = node.expression === undefined ? undefined : readExpression(reader, node.expression);
    return { ...span, kind: 'return', value };
  }
  if (ts.isForStatement(node)) return readFor(reader, node);
  if (ts.isWhileStatement(node)) {
    const parts = inLoop(reader, node, () => ({
      condition: readExpression(reader, node.expression),
      body: readNested(reader, node.statement),
    }));
    return { ...span, kind: 'loop', word: 'while', initial: [], declarations: [], step: undefined, ...parts };
  }
  if (ts.isForOfStatement(node)) return readForOf(reader, node);
  if (ts.isSwitchStatement(node)) return readSwitch(reader, node);
  if (ts.isBreakStatement(node) || ts.isContinueStatement(node)) {
    if (node.label !== undefined) return refuse(reader, node, 'TP1020');
    return { ...span, kind: ts.isBreakStatement(node) ? 'break' : 'continue' };
  }
  return ts.isEmptyStatement(node) ? { ...span, kind: 'empty' } : refuseSyntax(reader, node);
}

const readNested = (reader: Reader, node: ts.Statement): Statement => {
  const [first, ...rest] = readStatement(reader, node);
  return first !== undefined && rest.length === 0 ? first : { ...spanOf(reader, node), kind: 'empty' };
};

function inLoop<T extends object>(reader: Reader, node: ts.Node, read: () => T) {
  if (reader.binder === undefined) throw new Error('loops are read inside of functions');
  return reader.binder.inLoop(node.getEnd(), read);
}

function readFor(reader: Reader, node: ts.ForStatement): Loop {
  const { initializer } = node;
  const list = initializer !== undefined && ts.isVariableDeclarationList(initializer) ? initializer : undefined;
  const { result, declarations } = inBlock(reader, [], () => {
    const initial = list === undefined ? readInitial(reader, initializer) : readDeclarations(reader, list);
    const parts = inLoop(reader, node, () => ({
      condition: node.condition === undefined ? undefined : readExpression(reader, node.condition),
      step: node.incrementor === undefined ? undefined : readExpression(reader, node.incrementor),
      body: readNested(reader, node.statement),
    }));
    return { initial, ...parts };
  });
  return { ...spanOf(reader, node), kind: 'loop', word: 'for', ...result, declarations };
}

function readInitial(reader: Reader, node: ts.ForInitializer | undefined): readonly Statement[] {
  if (node === undefined || ts.isVariableDeclarationList(node)) return [];
  return [{ ...spanOf(reader, node), kind: 'expression', expression: readExpression(reader, node) }];
}

function readForOf(reader: Reader, node: ts.ForOfStatement): Statement {
  const { initializer } = node;
  const declared = ts.isVariableDeclarationList(initializer) ? initializer.declarations[0] : undefined;
  if (declared === undefined || !ts.isVariableDeclarationList(initializer))
    return refuse(reader, initializer, 'TP2023');
  if (node.awaitModifier !== undefined) return refuse(reader, node.awaitModifier, 'TP1013', 'await');
  const list = readExpression(reader, node.expression);
  const { result, declarations } = inBlock(reader, [], () => {
    const pattern = readPattern(reader, declared.name, wordOf(initializer) === 'const');
    return { pattern, ...inLoop(reader, node, () => ({ body: readNested(reader, node.statement) })) };
  });
  return { ...spanOf(reader, node), kind: 'for-of', list, ...result, declarations };
}

function readSwitch(reader: Reader, node: ts.SwitchStatement): Statement {
  const subject = readExpression(reader, node.expression);
  const { clauses } = node.caseBlock;
  const all = clauses.flatMap(({ statements }) => [...statements]);
  const { result, declarations } = inBlock(reader, all, () =>
    clauses.map(
      (clause): Clause => ({
        ...spanOf(reader, clause),
        test: ts.isCaseClause(clause) ? readExpression(reader, clause.expression) : undefined,
        body: readStatements(reader, clause.statements),
      }),
    ),
  );
  return { ...spanOf(reader, node), kind: 'switch', subject, clauses: result, declarations };
}

function readDeclarations(reader: Reader, list: ts.VariableDeclarationList): readonly Statement[] {
  const word = wordOf(list);
  return list.declarations.map((node): Statement => {
    if (word === undefined) return refuse(reader, node, 'TP1025');
    return readDeclaration(reader, node, word);
  });
}

function readDeclaration(reader: Reader, node: ts.VariableDeclaration, word: Declare['word']): Declare {
  const initial = node.initializer === undefined ? undefined : readExpression(reader, node.initializer);
  const pattern = readPattern(reader, node.name, word !== 'let');
  // What it holds is let go where the block ends, behind all that stands in it. Artefacts hold finite numbers only.
  if (word === 'using' && pattern.kind === 'name') pattern.declaration.lastUse = Number.MAX_SAFE_INTEGER;
  return { ...spanOf(reader, node), kind: 'declare', word, pattern, initial };
}

/** `undefined`: `var`, or `await using`. */
export function wordOf({ flags }: ts.VariableDeclarationList): Declare['word'] | undefined {
  // Flags overlap: Using is 4, AwaitUsing is Const and Using together.
  switch (flags & ts.NodeFlags.BlockScoped) {
    case ts.NodeFlags.Const:
      return 'const';
    case ts.NodeFlags.Let:
      return 'let';
    case ts.NodeFlags.Using:
      return 'using';
    default:
      return undefined;
  }
}
