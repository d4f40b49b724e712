// The author's module as Node runs it.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type FunctionSpec, isFunctionSpec } from '@twinpath/vnf/spec';
import { CompileError } from '../report/compile-error.ts';
import { diagnosticAt, offsetOf } from '../report/diagnostic.ts';
import type { Span } from '../syntax/expression.ts';
import type { ModuleNode } from '../syntax/module.ts';
import type { FunctionCode } from './function-code.ts';
import type { ModuleGraph } from './graph.ts';
import { resolveOurPackages } from './resolution.ts';

/** The function that `file` exports. Default: the source itself. @throws CompileError */
export async function runModule({ code: { graph }, file: source }: FunctionCode, file = source): Promise<FunctionSpec> {
  const module = graph.module(source);
  const spec = await run(graph, module, file);
  if (isFunctionSpec(spec)) return spec;
  throw new CompileError([diagnosticAt(module, module.defaultExport ?? { start: 0, end: 1 }, 'TP1004', [])]);
}

// Node's own loader, also where a test runner puts another one behind import(): that one knows nothing of our hooks.
const require = createRequire(import.meta.url);

async function run(graph: ModuleGraph, module: ModuleNode, file: string): Promise<unknown> {
  resolveOurPackages();
  try {
    const namespace = await load(file);
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
    return settled(import(pathToFileURL(file).href));
  }
}

const SETTLE_MS = 10_000;

/** What the top level awaits may never come, and then nothing would be left to wait for: the process would just end. */
async function settled(loading: Promise<unknown>): Promise<unknown> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NeverSettledError()), SETTLE_MS);
  try {
    return await Promise.race([loading, late]);
  } finally {
    clearTimeout(timer);
  }
}

class NeverSettledError extends Error {
  readonly hint = 'await it in `configure` or `slowPath`, which may take their time';

  constructor() {
    super(`what its top level awaits has not come within ${SETTLE_MS / 1000} s`);
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
