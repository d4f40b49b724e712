// The code of a network function, from its source: the one way to the parser.

import { resolve } from 'node:path';
import { parseModule } from '../parse/module.ts';
import { CompileError } from '../report/compile-error.ts';
import { diagnosticAt } from '../report/diagnostic.ts';
import type { ModuleNode } from '../syntax/module.ts';
import { type FunctionCode, functionCode } from './function-code.ts';
import { ModuleGraph } from './graph.ts';

/** Reads a file and all that belongs to it; runs nothing. @throws CompileError */
export function readCode(path: string): FunctionCode {
  const file = resolve(path);
  const graph = new ModuleGraph(parseModule);
  return functionCode(graph, loadFirst(graph, file));
}

/** Absolute paths of the files that it is made of. Where one cannot be read: those found until then, and that one. */
export function filesOf(path: string): readonly string[] {
  const graph = new ModuleGraph(parseModule);
  try {
    loadFirst(graph, resolve(path));
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
  }
  return graph.files;
}

function loadFirst(graph: ModuleGraph, file: string): ModuleNode {
  try {
    return graph.load(file);
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new CompileError([diagnosticAt({ file, text: '' }, { start: 0, end: 1 }, 'TP1002', [file, error.message])]);
  }
}
