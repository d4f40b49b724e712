import type { HookHelpers } from '../imports.ts';
import { type Code, Code as CodeWriter } from './code.ts';
import { call, type Expr, globalGet, type Local, type ValueType } from './expressions.ts';
import { type EncodedModule, ModuleBuilder } from './module.ts';

export interface LibraryOptions {
  /** Pages of 64 KiB. */
  readonly pages: number;
  /** Several threads use the memory: locks and atomics are real. */
  readonly shared: boolean;
  /** 64 bits that hash tables mix in, so that nobody outside can choose keys that collide. */
  readonly seed: bigint;
}

type Build = (code: Code, ...parameters: readonly Local[]) => void;

const importTypes: Readonly<Record<keyof HookHelpers, readonly [readonly ValueType[], readonly ValueType[]]>> = {
  clock: [['i32'], ['f64']],
  fibLookup: [['i32', 'i32', 'i32'], ['i32']],
  clone: [['i32', 'i32', 'i32'], ['i32']],
  mtu: [['i32'], ['i32']],
  updateTrie: [['i32', 'i32', 'i32', 'i32'], ['i32']],
  deleteTrie: [['i32', 'i32'], ['i32']],
};
const importNames: readonly (keyof HookHelpers)[] = ['clock', 'fibLookup', 'clone', 'mtu', 'updateTrie', 'deleteTrie'];

/** A module with what all of ours have: the engine's memory and imports, and functions that are written once asked for. */
export class Library {
  readonly builder = new ModuleBuilder();
  readonly shared: boolean;
  readonly seed: bigint;
  /** The type of programs and subprograms: r1 to r5 and r10, giving r0. */
  readonly programType: number;
  /** The engine's table of programs. */
  readonly programs: number;
  /** i32: address of the state of the CPU that runs this. */
  readonly cpuState: Expr;
  /** i32: its number. */
  readonly cpu: Expr;
  readonly #functions = new Map<string, number>();
  readonly #imports: ReadonlyMap<keyof HookHelpers, number>;

  constructor({ pages, shared, seed }: LibraryOptions) {
    this.shared = shared;
    this.seed = seed;
    this.builder.importMemory('engine', 'memory', { pages, shared });
    this.programs = this.builder.importTable('engine', 'programs');
    this.cpuState = globalGet(this.builder.importGlobal('engine', 'cpuState'));
    this.cpu = globalGet(this.builder.importGlobal('engine', 'cpu'));
    this.#imports = new Map(
      importNames.map((name) => {
        const [parameters, results] = importTypes[name];
        return [name, this.builder.importFunction('engine', name, this.builder.type(parameters, results))];
      }),
    );
    this.programType = this.builder.type(['i64', 'i64', 'i64', 'i64', 'i64', 'i64'], ['i64']);
  }

  /** Number of the function of that name, written by `build` the first time. */
  function(name: string, parameters: readonly ValueType[], results: readonly ValueType[], build: Build): number {
    const known = this.#functions.get(name);
    if (known !== undefined) return known;
    const number = this.builder.declare(this.builder.type(parameters, results));
    // Before it is written, for it may call itself.
    this.#functions.set(name, number);
    const code = new CodeWriter(parameters.length);
    build(code, ...parameters.keys());
    this.builder.define(number, code);
    return number;
  }

  /** A call of a function of ours in JavaScript. */
  imported(name: keyof HookHelpers, ...given: readonly Expr[]): Expr {
    return call(this.#imports.get(name) ?? 0, ...given);
  }

  finish(name: string): EncodedModule {
    return this.builder.finish(name);
  }
}
