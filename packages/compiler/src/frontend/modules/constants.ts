// Values of module constants, worked out from the source: literals, operators, records, lists, other constants, and calls of
// Math and of the pure functions of @twinpath/vnf. JavaScript's own semantics: Node computes the same value.

import * as authorsModule from '@twinpath/vnf';
import type { BinaryOperator, Expression, LogicalOperator, RecordEntry } from '../syntax/expression.ts';
import type { FunctionNode } from '../syntax/function.ts';
import type { ModuleConstant, ModuleNode } from '../syntax/module.ts';
import type { ModuleGraph } from './graph.ts';

/** Thrown inside: what is asked for is not known. */
class Unknown extends Error {}

export class Constants {
  readonly #graph: ModuleGraph;
  readonly #values = new Map<ModuleConstant, { readonly value: unknown } | undefined>();

  constructor(graph: ModuleGraph) {
    this.#graph = graph;
  }

  /** `undefined`: not known when the fast path is compiled. */
  valueOf(module: ModuleNode, constant: ModuleConstant): { readonly value: unknown } | undefined {
    if (this.#values.has(constant)) return this.#values.get(constant);
    this.#values.set(constant, undefined); // a constant that needs itself is not known
    const value = this.evaluate(module, constant.initial);
    this.#values.set(constant, value);
    return value;
  }

  evaluate(module: ModuleNode, expression: Expression): { readonly value: unknown } | undefined {
    try {
      return { value: this.#value(module, expression) };
    } catch (error) {
      if (error instanceof Unknown) return undefined;
      throw error;
    }
  }

  #value(module: ModuleNode, node: Expression): unknown {
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'free':
        return this.#named(module, node.name);
      case 'function':
        return standIn(node.function);
      case 'property':
        return member(this.#value(module, node.object), node.name);
      case 'element':
        return member(this.#value(module, node.object), String(this.#value(module, node.index)));
      case 'record':
        return Object.fromEntries(node.entries.flatMap((entry) => this.#entries(module, entry)));
      case 'list':
        return node.elements.map((element) => this.#value(module, element));
      case 'unary':
        return unary(node.operator, this.#value(module, node.operand));
      case 'binary':
        return binary(node.operator, this.#value(module, node.left), this.#value(module, node.right));
      case 'logical': {
        const left = this.#value(module, node.left);
        return isDecidedBy(node.operator, left) ? left : this.#value(module, node.right);
      }
      case 'conditional':
        return this.#value(module, node.test) ? this.#value(module, node.then) : this.#value(module, node.otherwise);
      case 'call': {
        const callee = this.#value(module, node.callee);
        if (typeof callee !== 'function') throw new Unknown();
        const operands = node.operands.map((operand) => this.#value(module, operand));
        return Reflect.apply(callee, undefined, operands);
      }
      default:
        throw new Unknown();
    }
  }

  #entries(module: ModuleNode, entry: RecordEntry): [string, unknown][] {
    const value = this.#value(module, entry.value);
    if (entry.kind === 'field') return [[entry.name, value]];
    if (typeof value !== 'object' || value === null) throw new Unknown();
    return Object.entries(value);
  }

  #named(module: ModuleNode, name: string): unknown {
    const binding = this.#graph.resolve(module, name);
    if (binding === undefined) {
      if (name === 'Math') return Math;
      throw new Unknown();
    }
    if (binding.kind === 'vnf') return binding.name === '*' ? authorsModule : member(authorsModule, binding.name);
    if (binding.kind === 'function') return standIn(binding.function);
    if (binding.kind !== 'constant') throw new Unknown();
    const known = this.valueOf(binding.module, binding.constant);
    if (known === undefined) throw new Unknown();
    return known.value;
  }
}

const standIns = new WeakMap<FunctionNode, () => never>();
const functions = new WeakMap<object, FunctionNode>();

/** For a function of the author's, which only the fast path calls: its code is compiled, not run. */
function standIn(node: FunctionNode): () => never {
  const known = standIns.get(node);
  if (known !== undefined) return known;
  const made = () => {
    throw new Unknown();
  };
  standIns.set(node, made);
  functions.set(made, node);
  return made;
}

/** What stands for it among constants. `undefined`: it is no function of the author's. */
export const functionBehind = (value: object): FunctionNode | undefined => functions.get(value);

/** Own members only: no methods of lists and strings, of which some are not pure. */
function member(object: unknown, name: string): unknown {
  if (typeof object === 'string' && name === 'length') return object.length;
  const holder = typeof object === 'function' || (typeof object === 'object' && object !== null) ? object : undefined;
  if (holder === undefined || !Object.hasOwn(holder, name)) throw new Unknown();
  return Reflect.get(holder, name);
}

const isDecidedBy = (operator: LogicalOperator, left: unknown) =>
  operator === '&&' ? !left : operator === '||' ? Boolean(left) : left !== undefined && left !== null;

export function unary(operator: '!' | '-' | '+' | '~', operand: unknown): unknown {
  if (operator === '!') return !operand;
  if (typeof operand !== 'number') throw new Unknown();
  return operator === '-' ? -operand : operator === '~' ? ~operand : operand;
}

export function binary(operator: BinaryOperator, left: unknown, right: unknown): unknown {
  if (operator === '===') return left === right;
  if (operator === '!==') return left !== right;
  if (typeof left === 'string' && typeof right === 'string' && operator === '+') return left + right;
  if (typeof left !== 'number' || typeof right !== 'number') throw new Unknown();
  return NUMERIC[operator](left, right);
}

const NUMERIC: Readonly<Record<Exclude<BinaryOperator, '===' | '!=='>, (a: number, b: number) => number | boolean>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '**': (a, b) => a ** b,
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
  '>>>': (a, b) => a >>> b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};
