// What the author's module threw when Node ran it, brought back to its place in the text.

import { pathToFileURL } from 'node:url';
import type { ModuleError } from '../../run/run-module.ts';
import { CompileError } from '../report/compile-error.ts';
import { diagnosticAt, offsetOf } from '../report/diagnostic.ts';
import type { Span } from '../syntax/expression.ts';
import type { ModuleNode } from '../syntax/module.ts';
import type { FunctionCode } from './function-code.ts';
import type { ModuleGraph } from './graph.ts';

export function moduleFailure({ code: { graph }, file }: FunctionCode, { cause: error }: ModuleError): CompileError {
  const module = graph.module(file);
  const whole = module.defaultExport ?? { start: 0, end: 1 };
  if (error === undefined) return new CompileError([diagnosticAt(module, whole, 'TP1004', [])]);
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const thrown = placeIn(graph, stack ?? '') ?? { module, place: whole };
  const hint = error instanceof Error && 'hint' in error ? `; ${error.hint}` : '';
  const failure = new CompileError([diagnosticAt(thrown.module, thrown.place, 'TP1005', [message + hint])]);
  failure.cause = error;
  return failure;
}

interface Placed {
  readonly module: ModuleNode;
  readonly place: Span;
}

/** The innermost line of a stack that is the author's. Type stripping keeps lines and columns. */
function placeIn(graph: ModuleGraph, stack: string): Placed | undefined {
  const refused = placeOfSyntax(graph, stack);
  if (refused !== undefined) return refused;
  for (const [, url, line, column] of stack.matchAll(/(file:\/\/[^\s():]+):(\d+):(\d+)/g)) {
    const file = graph.files.find((known) => pathToFileURL(known).href === url);
    if (file === undefined) continue;
    const module = graph.module(file);
    const start = offsetOf(module.text, { line: Number(line), column: Number(column) });
    return { module, place: { start, end: start + 1 } };
  }
  return undefined;
}

/** Of what Node cannot read: in front of the stack stand file and line, lines of the text, and carets. */
function placeOfSyntax(graph: ModuleGraph, stack: string): Placed | undefined {
  const [, name = '', line, text = '', indent = '', carets = ''] =
    /^(\S+):(\d+)\n((?:.*\n)*?)([ \t]*)(\^+)\n/.exec(stack) ?? [];
  const file = graph.files.find((known) => known === name || pathToFileURL(known).href === name);
  if (file === undefined || text === '') return undefined;
  const module = graph.module(file);
  const start = offsetOf(module.text, { line: Number(line), column: indent.length + 1 });
  return { module, place: { start, end: start + carets.length } };
}
