// What a name that is no variable means in the fast path.

import * as authorsModule from '@twinpath/vnf';
import type { FunctionPlan } from '@twinpath/vnf/plan';
import type { DiagnosticCode } from '../diagnostics.ts';
import type { Intrinsics } from '../lowering.ts';
import { type Constants, functionBehind } from '../modules/constants.ts';
import type { Binding, ModuleGraph } from '../modules/graph.ts';
import type { Declared, VnfCall } from '../modules/vnf-call.ts';
import type { FunctionNode } from '../syntax/function.ts';
import type { ModuleNode } from '../syntax/module.ts';
import { childrenOf, type Node } from '../syntax/walk.ts';
import { constant, UNDEFINED, type Value } from '../value.ts';

/** A name that has no value in the fast path, and why. */
export interface NoValue {
  readonly code: DiagnosticCode;
  readonly operands: readonly string[];
}
export type Named = { readonly value: Value } | NoValue;

/** Calls that declare something for `vnf({ … })`; what is not listed there does not exist. */
const DECLARATIONS = new Set([
  ...['table', 'lpm', 'array', 'classifier', 'tally', 'ruleSet'],
  ...['counters', 'packetIn', 'packetCopy', 'notice', 'logLine', 'portGroup', 'vnf'],
]);

export interface Code {
  readonly graph: ModuleGraph;
  readonly constants: Constants;
  readonly call: VnfCall;
}

export class Names {
  readonly #code: Code;
  readonly #plan: FunctionPlan;
  readonly #intrinsics: Intrinsics;

  constructor(code: Code, plan: FunctionPlan, intrinsics: Intrinsics) {
    this.#code = code;
    this.#plan = plan;
    this.#intrinsics = intrinsics;
  }

  moduleOf({ file }: FunctionNode): ModuleNode {
    return this.#code.graph.module(file);
  }

  named(module: ModuleNode, name: string): Named {
    const binding = this.#code.graph.resolve(module, name);
    return binding === undefined ? globalNamed(name) : this.#bound(binding, name);
  }

  /** `helpers.name`, where `helpers` is a module of the author's. `undefined`: `name` is none. */
  member(module: ModuleNode, namespace: string, name: string): Named | undefined {
    const binding = this.#code.graph.resolve(module, namespace);
    if (binding?.kind !== 'namespace') return undefined;
    const exported = this.#code.graph.exported(binding.module, name);
    if (exported === undefined) return { code: 'TP1007', operands: [namespace, name] };
    return this.#bound(exported, name);
  }

  ofAuthorsModule(name: string): Named {
    if (name === '*') return { value: { kind: 'intrinsic', name } };
    const value = this.#intrinsics.named(name);
    if (value !== undefined) return { value };
    const exported: unknown = Reflect.get(authorsModule, name);
    if (exported === undefined) return { code: 'TP1040', operands: [name] };
    return { value: typeof exported === 'function' ? { kind: 'intrinsic', name } : knownValue(exported) };
  }

  #bound(binding: Binding, name: string): Named {
    switch (binding.kind) {
      case 'function':
        return { value: { kind: 'function', declaration: binding.function, module: binding.function.file } };
      case 'vnf':
        return this.ofAuthorsModule(binding.name);
      case 'foreign':
        return { code: 'TP1043', operands: [name, binding.from] };
      case 'let':
        return { code: 'TP1042', operands: [name] };
      case 'class':
        return { code: 'TP1015', operands: [name] };
      case 'constant':
        return this.#constant(binding, name);
      default:
        return unknown(name, '');
    }
  }

  #constant({ module, constant: declared }: Extract<Binding, { kind: 'constant' }>, name: string): Named {
    const role = this.#code.call.declared.get(declared);
    if (role !== undefined && role.kind !== 'ports') return { value: this.#declared(role) };
    if (role?.kind === 'ports' && this.#plan.ports.kind === 'portGroup') return { value: { kind: 'portGroup' } };
    const { initial } = declared;
    const callee = initial.kind === 'call' && initial.callee.kind === 'free' ? initial.callee.name : '';
    const made = this.#code.graph.resolve(module, callee);
    if (made?.kind === 'vnf' && DECLARATIONS.has(made.name)) return { code: 'TP1053', operands: [name, made.name] };
    const known = this.#code.constants.valueOf(module, declared);
    if (known !== undefined) return { value: knownValue(known.value) };
    return unknown(name, isAwaited(initial) ? AWAITED : '');
  }

  #declared(role: Exclude<Declared, { kind: 'ports' }>): Value {
    if (role.kind === 'counters') return { kind: 'counters' };
    if (role.kind === 'reason') {
      const plan = this.#plan.reasons.find(({ name }) => name === role.name);
      if (plan === undefined) throw new Error(`the plan has no reason ${role.name}`);
      return { kind: 'reason', plan };
    }
    const table = this.#plan.tables.find(({ path }) => path === role.path);
    if (table !== undefined) return { kind: 'table', plan: table };
    const plan = this.#plan.ruleSets.find(({ path }) => path === role.path);
    if (plan === undefined) throw new Error(`the plan has no table ${role.path}`);
    return { kind: 'ruleSet', plan };
  }
}

const AWAITED = ': what a module awaits exists on Node only, where `configure` fills tables';

const unknown = (name: string, why: string): NoValue => ({ code: 'TP1041', operands: [name, why] });

/** Something in it is awaited. */
function isAwaited(node: Node): boolean {
  if (node.kind === 'refused') return node.code === 'TP1013';
  return childrenOf(node).some(isAwaited);
}

function globalNamed(name: string): Named {
  if (name === 'Math') return { value: { kind: 'intrinsic', name } };
  if (name in globalThis) return { code: 'TP1043', operands: [name, 'JavaScript'] };
  return { code: 'TP1040', operands: [name] };
}

/** A JavaScript value that is known while compiling. `from`: where in the configuration it stands. */
export function knownValue(value: unknown, from?: string): Value {
  switch (typeof value) {
    case 'undefined':
      return UNDEFINED;
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return { kind: 'constant', value, from };
    case 'object':
      return value === null ? constant(null) : { kind: 'object', value, from };
    case 'function': {
      const declaration = functionBehind(value);
      return declaration === undefined
        ? { kind: 'object', value }
        : { kind: 'function', declaration, module: declaration.file };
    }
    default:
      throw new Error('symbols have no meaning in a fast path');
  }
}
