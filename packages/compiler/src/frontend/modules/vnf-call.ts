// What the author's `export default vnf({ … })` says in its text: which fast paths there are, and by which names of its modules
// the tables, counters, reasons and ports of the plan go.

import type { DiagnosticCode } from '../diagnostics.ts';
import { CompileError } from '../report/compile-error.ts';
import { diagnosticAt } from '../report/diagnostic.ts';
import type { Expression, Span } from '../syntax/expression.ts';
import type { FunctionNode } from '../syntax/function.ts';
import type { ModuleConstant, ModuleNode } from '../syntax/module.ts';
import type { ModuleGraph } from './graph.ts';

/** What a module constant is in the plan. */
export type Declared =
  /** A table or rule set, by its path in the plan. */
  | { readonly kind: 'table'; readonly path: string }
  | { readonly kind: 'counters' }
  | { readonly kind: 'reason'; readonly name: string }
  | { readonly kind: 'ports' };

export type Direction = 'ingress' | 'egress';

export interface VnfCall {
  /** Names of what is given: `slowPath` … */
  readonly members: ReadonlySet<string>;
  readonly declared: ReadonlyMap<ModuleConstant, Declared>;
  /** One function twice where there is one for both directions. `undefined`: every packet goes up. */
  readonly fastPaths: Readonly<Record<Direction, FunctionNode | undefined>>;
  /** Where it stands. */
  readonly module: ModuleNode;
  readonly place: Span;
}

/** @throws CompileError */
export function readVnfCall(graph: ModuleGraph, module: ModuleNode): VnfCall {
  if (module.defaultExport === undefined) {
    throw new CompileError([diagnosticAt(module, { start: 0, end: 1 }, 'TP1003', [])]);
  }
  const call = settle(graph, { module, expression: module.defaultExport });
  const [spec] = call.expression.kind === 'call' && isVnf(graph, call) ? call.expression.operands : [];
  if (spec === undefined) refuse(module, module.defaultExport, 'TP1004');
  const fields = fieldsOf(graph, { module: call.module, expression: spec });
  if (fields === undefined) refuse(call.module, spec, 'TP1004');
  return {
    members: new Set(fields.keys()),
    declared: declaredIn(graph, fields),
    fastPaths: fastPathsOf(graph, fields),
    module: call.module,
    place: call.expression,
  };
}

/** An expression and the module whose names it uses. */
interface Placed {
  readonly module: ModuleNode;
  readonly expression: Expression;
}
type Fields = ReadonlyMap<string, Placed>;

function refuse(module: ModuleNode, place: Span, code: DiagnosticCode, ...operands: readonly string[]): never {
  throw new CompileError([diagnosticAt(module, place, code, operands)]);
}

function isVnf(graph: ModuleGraph, { module, expression }: Placed): boolean {
  if (expression.kind !== 'call' || expression.callee.kind !== 'free') return false;
  const binding = graph.resolve(module, expression.callee.name);
  return binding?.kind === 'vnf' && binding.name === 'vnf';
}

/** Follows names of constants to what they were declared with. */
function settle(graph: ModuleGraph, placed: Placed): Placed {
  const binding = bindingOf(graph, placed);
  if (binding?.kind !== 'constant') return placed;
  return settle(graph, { module: binding.module, expression: binding.constant.initial });
}

function bindingOf(graph: ModuleGraph, { module, expression }: Placed) {
  return expression.kind === 'free' ? graph.resolve(module, expression.name) : undefined;
}

/** `undefined`: no object literal. */
function fieldsOf(graph: ModuleGraph, placed: Placed): Fields | undefined {
  const { module, expression } = settle(graph, placed);
  if (expression.kind !== 'record') return undefined;
  const fields = new Map<string, Placed>();
  for (const entry of expression.entries) {
    if (entry.kind === 'field') fields.set(entry.name, { module, expression: entry.value });
    else
      for (const [name, value] of fieldsOf(graph, { module, expression: entry.value }) ?? []) fields.set(name, value);
  }
  return fields;
}

function declaredIn(graph: ModuleGraph, fields: Fields): ReadonlyMap<ModuleConstant, Declared> {
  const declared = new Map<ModuleConstant, Declared>();
  const note = (placed: Placed | undefined, what: Declared) => {
    const binding = placed === undefined ? undefined : bindingOf(graph, placed);
    if (binding?.kind === 'constant') declared.set(binding.constant, what);
  };
  for (const [path, table] of membersOf(graph, fields.get('tables'))) {
    note(table, { kind: 'table', path });
    for (const [name, member] of membersOf(graph, setMembers(graph, table))) {
      note(member, { kind: 'table', path: `${path}.${name}` });
    }
  }
  for (const [name, reason] of membersOf(graph, fields.get('reasons'))) note(reason, { kind: 'reason', name });
  note(fields.get('counters'), { kind: 'counters' });
  note(fields.get('ports'), { kind: 'ports' });
  return declared;
}

function membersOf(graph: ModuleGraph, placed: Placed | undefined): Fields {
  return (placed === undefined ? undefined : fieldsOf(graph, placed)) ?? new Map();
}

/** The tables of a `ruleSet({ … })`. */
function setMembers(graph: ModuleGraph, placed: Placed): Placed | undefined {
  const { module, expression } = settle(graph, placed);
  if (expression.kind !== 'call') return undefined;
  const binding = bindingOf(graph, { module, expression: expression.callee });
  const [tables] = binding?.kind === 'vnf' && binding.name === 'ruleSet' ? expression.operands : [];
  return tables === undefined ? undefined : { module, expression: tables };
}

function fastPathsOf(graph: ModuleGraph, fields: Fields): VnfCall['fastPaths'] {
  const fastPath = fields.get('fastPath');
  if (fastPath === undefined) return { ingress: undefined, egress: undefined };
  const one = functionOf(graph, fastPath);
  if (one !== undefined) return { ingress: one, egress: one };
  const both = membersOf(graph, fastPath);
  const of = (direction: Direction) => {
    const placed = both.get(direction) ?? fastPath;
    const name = both.has(direction) ? direction : 'fastPath';
    return functionOf(graph, placed) ?? refuse(placed.module, placed.expression, 'TP1006', name);
  };
  return { ingress: of('ingress'), egress: of('egress') };
}

function functionOf(graph: ModuleGraph, placed: Placed): FunctionNode | undefined {
  const { expression } = placed;
  if (expression.kind === 'function') return expression.function;
  const binding = bindingOf(graph, placed);
  return binding?.kind === 'function' ? binding.function : undefined;
}
