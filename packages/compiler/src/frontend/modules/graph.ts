// The files that a function consists of, and what a name in one of them means.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AUTHORS_MODULE } from '../../run/authors-module.ts';
import { CompileError } from '../report/compile-error.ts';
import { diagnosticAt } from '../report/diagnostic.ts';
import type { FunctionNode } from '../syntax/function.ts';
import type { Import, ModuleConstant, ModuleNode } from '../syntax/module.ts';

/** What a name of a module stands for. */
export type Binding =
  | { readonly kind: 'function'; readonly function: FunctionNode }
  | { readonly kind: 'constant'; readonly module: ModuleNode; readonly name: string; readonly constant: ModuleConstant }
  /** A whole module of the author's. */
  | { readonly kind: 'namespace'; readonly module: ModuleNode }
  /** Of `@twinpath/vnf`; `*` is all of it. */
  | { readonly kind: 'vnf'; readonly name: string }
  /** Of Node or an npm package. */
  | { readonly kind: 'foreign'; readonly from: string }
  | { readonly kind: 'let' | 'class' | 'other' };

/** What reads the text of a module. @throws CompileError */
export type Parse = (file: string, text: string) => ModuleNode;

export class ModuleGraph {
  readonly #parse: Parse;
  readonly #modules: Map<string, ModuleNode>;
  readonly #files: Set<string>;

  /** `modules`: those that have been read before. */
  constructor(parse: Parse, modules: Iterable<ModuleNode> = []) {
    this.#parse = parse;
    this.#modules = new Map(Array.from(modules, (module) => [module.file, module]));
    this.#files = new Set(this.#modules.keys());
  }

  /** Absolute paths of all files, in the order in which they were found; also of the one that could not be read. */
  get files(): readonly string[] {
    return [...this.#files];
  }

  /** Reads a file and all that it imports by relative paths. @throws CompileError */
  load(file: string): ModuleNode {
    const known = this.#modules.get(file);
    if (known !== undefined) return known;
    this.#files.add(file);
    const module = this.#parse(file, textOf(file));
    this.#modules.set(file, module);
    for (const from of module.dependencies) if (isRelative(from)) this.#dependency(module, from);
    return module;
  }

  module(file: string): ModuleNode {
    const module = this.#modules.get(file);
    if (module === undefined) throw new Error(`${file} was never loaded`);
    return module;
  }

  /** Whether any file imports this from `@twinpath/vnf`, or all of it. */
  imports(name: string): boolean {
    return [...this.#modules.values()].some(
      ({ imports, stars }) =>
        stars.includes(AUTHORS_MODULE) ||
        [...imports.values()].some((one) => one.from === AUTHORS_MODULE && (one.name === name || one.name === '*')),
    );
  }

  /** `undefined`: the module has no such name. */
  resolve(module: ModuleNode, name: string): Binding | undefined {
    const found = module.functions.get(name);
    if (found !== undefined) return { kind: 'function', function: found };
    const constant = module.constants.get(name);
    if (constant !== undefined) return { kind: 'constant', module, name, constant };
    const other = module.others.get(name);
    if (other !== undefined) return { kind: other };
    const imported = module.imports.get(name);
    return imported === undefined ? undefined : this.#imported(module, imported);
  }

  /** What a module exports by a name. `undefined`: nothing. */
  exported(module: ModuleNode, name: string): Binding | undefined {
    const exported = module.exports.get(name);
    if (typeof exported === 'string') return this.resolve(module, exported);
    if (exported !== undefined) return this.#imported(module, exported);
    if (name !== 'default') return this.#throughStars(module, name);
    const { defaultExport } = module;
    if (defaultExport === undefined) return undefined;
    if (defaultExport.kind === 'function') return { kind: 'function', function: defaultExport.function };
    return { kind: 'constant', module, name, constant: { ...defaultExport, initial: defaultExport } };
  }

  #throughStars(module: ModuleNode, name: string): Binding | undefined {
    for (const from of module.stars) {
      if (from === AUTHORS_MODULE) return { kind: 'vnf', name };
      const found = isRelative(from) ? this.exported(this.#dependency(module, from), name) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #imported(module: ModuleNode, imported: Import): Binding {
    const { from, name } = imported;
    if (from === AUTHORS_MODULE) return { kind: 'vnf', name };
    if (!isRelative(from)) return { kind: 'foreign', from };
    const target = this.#dependency(module, from);
    if (name === '*') return { kind: 'namespace', module: target };
    const found = this.exported(target, name);
    if (found === undefined) throw new CompileError([diagnosticAt(module, imported, 'TP1007', [from, name])]);
    return found;
  }

  #dependency(module: ModuleNode, from: string): ModuleNode {
    const file = from.startsWith('file:') ? fileURLToPath(from) : resolve(dirname(module.file), from);
    try {
      return this.load(file);
    } catch (error) {
      if (!(error instanceof Error) || !('syscall' in error)) throw error;
      const place = [...module.imports.values()].find((imported) => imported.from === from) ?? { start: 0, end: 1 };
      throw new CompileError([diagnosticAt(module, place, 'TP1002', [from, error.message])]);
    }
  }
}

const isRelative = (from: string) => /^(\.{0,2}\/|file:)/.test(from);

/** JavaScript and JSON modules are the slow path's; nothing of them can be compiled. */
export function textOf(file: string): string {
  return /\.[mc]?ts$/.test(file) ? readFileSync(file, 'utf8') : '';
}
