// From a path to a network function: its spec, by running the module, and its code, by reading it.

import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FunctionSpec, fileOf, isFunctionSpec } from '@twinpath/vnf/spec';
import { CompileError } from '../report/compile-error.ts';
import { diagnosticAt, offsetOf } from '../report/diagnostic.ts';
import type { Span } from '../syntax/expression.ts';
import type { ModuleNode } from '../syntax/module.ts';
import { Constants } from './constants.ts';
import { ModuleGraph } from './graph.ts';
import { resolveOurPackages } from './resolution.ts';
import { readVnfCall, type VnfCall } from './vnf-call.ts';

export interface ImportedVnf {
  readonly spec: FunctionSpec;
  /** Absolute path. */
  readonly file: string;
  /** All files of the author's that belong to it, this one first: what to watch. */
  readonly modules: readonly string[];
  /** The code, for the front end. */
  readonly code: { readonly graph: ModuleGraph; readonly constants: Constants; readonly call: VnfCall };
}

/** @throws CompileError: the file or one that it imports is missing, is no TypeScript, fails when it runs, or is no function. */
export async function importVnf(path: string): Promise<ImportedVnf> {
  const read = readCode(path);
  const { graph } = read.code;
  const module = graph.module(read.file);
  const spec = await run(graph, module);
  if (!isFunctionSpec(spec)) {
    throw new CompileError([diagnosticAt(module, module.defaultExport ?? { start: 0, end: 1 }, 'TP1004', [])]);
  }
  return { spec, ...read };
}

/** The same for a function that was imported otherwise, for instance by its own test. @throws CompileError */
export function readVnf(spec: FunctionSpec): ImportedVnf {
  const file = fileOf(spec);
  if (file === undefined) throw new Error(`it is not known which file made the function ${spec.name}`);
  return { spec, ...readCode(file) };
}

/** The code alone, which is read but not run. */
export function readCode(path: string): Omit<ImportedVnf, 'spec'> {
  const file = resolve(path);
  const graph = new ModuleGraph();
  const call = readVnfCall(graph, loadFirst(graph, file));
  return { file, modules: graph.files, code: { graph, constants: new Constants(graph), call } };
}

function loadFirst(graph: ModuleGraph, file: string): ModuleNode {
  try {
    return graph.load(file);
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error;
    throw new CompileError([diagnosticAt({ file, text: '' }, { start: 0, end: 1 }, 'TP1002', [file, error.message])]);
  }
}

// Node's own loader, also where a test runner puts another one behind import(): that one knows nothing of our hooks.
const require = createRequire(import.meta.url);

async function run(graph: ModuleGraph, module: ModuleNode): Promise<unknown> {
  resolveOurPackages();
  try {
    const namespace = await load(module.file);
    return typeof namespace === 'object' && namespace !== null && 'default' in namespace
      ? namespace.default
      : undefined;
  } catch (error) {
    throw failedToRun(graph, module, error);
  }
}

async function load(file: string): Promise<unknown> {
  try {
    return require(file);
  } catch (error) {
    // The module awaits something at its top level.
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_REQUIRE_ASYNC_MODULE')) throw error;
    return import(pathToFileURL(file).href);
  }
}

function failedToRun(graph: ModuleGraph, module: ModuleNode, error: unknown): CompileError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const thrown = placeIn(graph, stack ?? '') ?? { module, place: module.defaultExport ?? { start: 0, end: 1 } };
  const hint = error instanceof Error && 'hint' in error ? `; ${error.hint}` : '';
  const failure = new CompileError([diagnosticAt(thrown.module, thrown.place, 'TP1005', [message + hint])]);
  failure.cause = error;
  return failure;
}

/** The innermost line of a stack that is the author's. Type stripping keeps lines and columns. */
function placeIn(graph: ModuleGraph, stack: string): { readonly module: ModuleNode; readonly place: Span } | undefined {
  for (const [, url, line, column] of stack.matchAll(/(file:\/\/[^\s():]+):(\d+):(\d+)/g)) {
    const file = graph.files.find((known) => pathToFileURL(known).href === url);
    if (file === undefined) continue;
    const module = graph.module(file);
    const start = offsetOf(module.text, { line: Number(line), column: Number(column) });
    return { module, place: { start, end: start + 1 } };
  }
  return undefined;
}
