// One file to what the fast path can see of it.

import ts from 'typescript';
import { CompileError } from '../report/compile-error.ts';
import type { Diagnostic } from '../report/diagnostic.ts';
import { diagnosticAt } from '../report/diagnostic.ts';
import type { Expression } from '../syntax/expression.ts';
import type { FunctionNode } from '../syntax/function.ts';
import type { Import, ModuleConstant, ModuleNode } from '../syntax/module.ts';
import { readExpression } from './expression.ts';
import { readFunction } from './function.ts';
import { type Reader, spanOf } from './reader.ts';
import { wordOf } from './statement.ts';

/** @throws CompileError: the text is no TypeScript. */
export function parseModule(file: string, text: string): ModuleNode {
  const source = ts.createSourceFile(file, text, { languageVersion: ts.ScriptTarget.Latest }, true, ts.ScriptKind.TS);
  const wrong = syntaxErrorsOf(source, text);
  if (wrong.length > 0) throw new CompileError(wrong);
  const draft = new Draft(file, text, { source, file, binder: undefined, refused: [], readFunction });
  for (const statement of source.statements) draft.read(statement);
  return draft.module();
}

function syntaxErrorsOf(source: ts.SourceFile, text: string): readonly Diagnostic[] {
  const found = 'parseDiagnostics' in source && Array.isArray(source.parseDiagnostics) ? source.parseDiagnostics : [];
  return found.map((diagnostic: ts.Diagnostic) => {
    const start = diagnostic.start ?? 0;
    const span = { start, end: start + (diagnostic.length ?? 1) };
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ').replace(/\.$/, '');
    return diagnosticAt({ file: source.fileName, text }, span, 'TP1001', [message]);
  });
}

class Draft {
  readonly #file: string;
  readonly #text: string;
  readonly #reader: Reader;
  readonly #imports = new Map<string, Import>();
  readonly #functions = new Map<string, FunctionNode>();
  readonly #constants = new Map<string, ModuleConstant>();
  readonly #others = new Map<string, 'let' | 'class' | 'other'>();
  readonly #exports = new Map<string, string | Import>();
  readonly #stars: string[] = [];
  readonly #dependencies: string[] = [];
  #defaultExport: Expression | undefined;

  constructor(file: string, text: string, reader: Reader) {
    this.#file = file;
    this.#text = text;
    this.#reader = reader;
  }

  module(): ModuleNode {
    return {
      file: this.#file,
      text: this.#text,
      imports: this.#imports,
      functions: this.#functions,
      constants: this.#constants,
      others: this.#others,
      exports: this.#exports,
      stars: this.#stars,
      defaultExport: this.#defaultExport,
      dependencies: this.#dependencies,
    };
  }

  read(node: ts.Statement): void {
    if (ts.isImportDeclaration(node)) this.#import(node);
    else if (ts.isExportDeclaration(node)) this.#export(node);
    else if (ts.isExportAssignment(node)) this.#defaultExport = readExpression(this.#reader, node.expression);
    else if (ts.isFunctionDeclaration(node)) this.#function(node);
    else if (ts.isVariableStatement(node)) this.#variables(node);
    else if (ts.isClassDeclaration(node) && node.name !== undefined) this.#others.set(node.name.text, 'class');
  }

  #import(node: ts.ImportDeclaration): void {
    const clause = node.importClause;
    if (!ts.isStringLiteral(node.moduleSpecifier) || clause?.phaseModifier === ts.SyntaxKind.TypeKeyword) return;
    const from = node.moduleSpecifier.text;
    this.#dependencies.push(from);
    const span = spanOf(this.#reader, node.moduleSpecifier);
    if (clause?.name !== undefined) this.#imports.set(clause.name.text, { ...span, from, name: 'default' });
    const bindings = clause?.namedBindings;
    if (bindings === undefined) return;
    if (ts.isNamespaceImport(bindings)) this.#imports.set(bindings.name.text, { ...span, from, name: '*' });
    else {
      for (const { isTypeOnly, name, propertyName } of bindings.elements) {
        if (!isTypeOnly) this.#imports.set(name.text, { ...span, from, name: (propertyName ?? name).text });
      }
    }
  }

  #export(node: ts.ExportDeclaration): void {
    if (node.isTypeOnly) return;
    const from =
      node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)
        ? node.moduleSpecifier.text
        : undefined;
    if (from !== undefined) this.#dependencies.push(from);
    const clause = node.exportClause;
    if (clause === undefined && from !== undefined) this.#stars.push(from);
    if (clause === undefined || !ts.isNamedExports(clause)) return;
    const span = spanOf(this.#reader, node);
    for (const { isTypeOnly, name, propertyName } of clause.elements) {
      const local = (propertyName ?? name).text;
      if (!isTypeOnly) this.#exports.set(name.text, from === undefined ? local : { ...span, from, name: local });
    }
  }

  #function(node: ts.FunctionDeclaration): void {
    if (node.body === undefined) return;
    const read = readFunction(this.#reader, node, 'default');
    if (node.name !== undefined) this.#functions.set(node.name.text, read);
    if (isDefault(node)) this.#defaultExport = { start: read.start, end: read.end, kind: 'function', function: read };
    else if (isExported(node) && node.name !== undefined) this.#exports.set(node.name.text, node.name.text);
  }

  #variables(node: ts.VariableStatement): void {
    const word = wordOf(node.declarationList);
    for (const { name, initializer } of node.declarationList.declarations) {
      if (!ts.isIdentifier(name)) {
        for (const taken of namesOf(name)) this.#others.set(taken, 'other');
        continue;
      }
      if (isExported(node)) this.#exports.set(name.text, name.text);
      if (word !== 'const') this.#others.set(name.text, 'let');
      else if (initializer !== undefined) this.#constant(name.text, initializer);
    }
  }

  #constant(name: string, initializer: ts.Expression): void {
    const initial = readExpression(this.#reader, initializer);
    if (initial.kind === 'function')
      this.#functions.set(name, { ...initial.function, name: initial.function.name || name });
    else this.#constants.set(name, { start: initial.start, end: initial.end, initial });
  }
}

const has = (node: ts.FunctionDeclaration | ts.VariableStatement, kind: ts.SyntaxKind) =>
  node.modifiers?.some((modifier) => modifier.kind === kind) ?? false;
const isExported = (node: ts.FunctionDeclaration | ts.VariableStatement) => has(node, ts.SyntaxKind.ExportKeyword);
const isDefault = (node: ts.FunctionDeclaration) => has(node, ts.SyntaxKind.DefaultKeyword);

function namesOf(pattern: ts.BindingPattern): readonly string[] {
  return pattern.elements.flatMap((element) => {
    if (!ts.isBindingElement(element)) return [];
    return ts.isIdentifier(element.name) ? [element.name.text] : namesOf(element.name);
  });
}
