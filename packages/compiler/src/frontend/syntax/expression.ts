// The author's expressions, free of the parser's types. What the subset lacks is a `refused` node that says so.

import type { DiagnosticCode } from '../diagnostics.ts';
import type { Declaration } from './declaration.ts';
import type { FunctionNode } from './function.ts';

/** Offsets into the text of the node's module. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Arithmetic = '+' | '-' | '*' | '/' | '%' | '**';
export type Bitwise = '&' | '|' | '^' | '<<' | '>>' | '>>>';
export type Comparison = '<' | '<=' | '>' | '>=';
export type BinaryOperator = Arithmetic | Bitwise | Comparison | '===' | '!==';
export type LogicalOperator = '&&' | '||' | '??';

export interface Local extends Span {
  readonly kind: 'local';
  readonly declaration: Declaration;
}
export interface Property extends Span {
  readonly kind: 'property';
  readonly object: Expression;
  readonly name: string;
  /** `?.` */
  readonly optional: boolean;
}
export interface Call extends Span {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly operands: readonly Expression[];
  readonly optional: boolean;
}
export interface Assignment extends Span {
  readonly kind: 'assign';
  /** `undefined`: `=`. */
  readonly operator: Arithmetic | Bitwise | undefined;
  readonly target: Expression;
  readonly value: Expression;
}
export interface Update extends Span {
  readonly kind: 'update';
  readonly operator: '++' | '--';
  readonly prefix: boolean;
  readonly target: Expression;
}
export interface Binary extends Span {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}
export interface Refused extends Span {
  readonly kind: 'refused';
  readonly code: DiagnosticCode;
  readonly operands: readonly string[];
}

export type Expression =
  | (Span & { readonly kind: 'literal'; readonly value: string | number | boolean | bigint | null | undefined })
  | Local
  /** A name of the module or a global one. */
  | (Span & { readonly kind: 'free'; readonly name: string })
  | Property
  | (Span & { readonly kind: 'element'; readonly object: Expression; readonly index: Expression })
  | Call
  /** The whole of an optional chain: where a `?.` in it stops, this is `undefined`. */
  | (Span & { readonly kind: 'chain'; readonly links: Expression })
  | (Span & { readonly kind: 'record'; readonly entries: readonly RecordEntry[] })
  | (Span & { readonly kind: 'list'; readonly elements: readonly Expression[] })
  | (Span & { readonly kind: 'unary'; readonly operator: '!' | '-' | '+' | '~'; readonly operand: Expression })
  | Update
  | Binary
  | (Span & {
      readonly kind: 'logical';
      readonly operator: LogicalOperator;
      readonly left: Expression;
      readonly right: Expression;
    })
  | (Span & {
      readonly kind: 'conditional';
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    })
  | Assignment
  | (Span & { readonly kind: 'function'; readonly function: FunctionNode })
  | Refused;

export type RecordEntry =
  | (Span & { readonly kind: 'field'; readonly name: string; readonly value: Expression })
  | (Span & { readonly kind: 'spread'; readonly value: Expression });
