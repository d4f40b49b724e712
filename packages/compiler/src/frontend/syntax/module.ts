import type { Expression, Span } from './expression.ts';
import type { FunctionNode } from './function.ts';

export interface Import extends Span {
  /** As written. */
  readonly from: string;
  /** `*`: the whole module. */
  readonly name: string;
}

/** A `const` of the module. */
export interface ModuleConstant extends Span {
  readonly initial: Expression;
}

/** What a module declares and exports; the rest of its text is the slow path's business. */
export interface ModuleNode {
  /** Absolute path. */
  readonly file: string;
  readonly text: string;
  /** By local name; type-only imports are not here. */
  readonly imports: ReadonlyMap<string, Import>;
  readonly functions: ReadonlyMap<string, FunctionNode>;
  readonly constants: ReadonlyMap<string, ModuleConstant>;
  /** `let`, `var`, classes and other names that cannot be used in a fast path. */
  readonly others: ReadonlyMap<string, 'let' | 'class' | 'other'>;
  /** Exported name to the local one; names of other modules as imports. */
  readonly exports: ReadonlyMap<string, string | Import>;
  /** `export * from`, as written. */
  readonly stars: readonly string[];
  /** What `export default` gives. */
  readonly defaultExport: Expression | undefined;
  /** All modules that are imported for their values, as written. */
  readonly dependencies: readonly string[];
}
