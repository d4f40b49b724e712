import type { Declaration } from './declaration.ts';
import type { Expression, Refused, Span } from './expression.ts';

/** What a declaration or parameter binds. */
export type Pattern =
  | (Span & { readonly kind: 'name'; readonly declaration: Declaration })
  | (Span & { readonly kind: 'fields'; readonly fields: readonly PatternField[] })
  | Refused;

export interface PatternField extends Span {
  readonly name: string;
  readonly pattern: Pattern;
  /** Instead of `undefined`. */
  readonly byDefault: Expression | undefined;
}

export interface Block extends Span {
  readonly kind: 'block';
  readonly body: readonly Statement[];
  /** What is declared directly in it. */
  readonly declarations: readonly Declaration[];
}

export interface Loop extends Span {
  /** `for`, `while`. */
  readonly kind: 'loop';
  readonly word: 'for' | 'while';
  readonly initial: readonly Statement[];
  readonly declarations: readonly Declaration[];
  readonly condition: Expression | undefined;
  readonly step: Expression | undefined;
  readonly body: Statement;
  /** Its end, as `Declaration.lastUse` says it. */
  readonly until: number;
}

export interface ForOf extends Span {
  readonly kind: 'for-of';
  readonly pattern: Pattern;
  readonly declarations: readonly Declaration[];
  readonly list: Expression;
  readonly body: Statement;
  /** Its end, as `Declaration.lastUse` says it. */
  readonly until: number;
}

export interface Switch extends Span {
  readonly kind: 'switch';
  readonly subject: Expression;
  readonly clauses: readonly Clause[];
  readonly declarations: readonly Declaration[];
}

export interface Clause extends Span {
  /** `undefined`: `default`. */
  readonly test: Expression | undefined;
  readonly body: readonly Statement[];
}

export interface Declare extends Span {
  readonly kind: 'declare';
  readonly word: 'const' | 'let' | 'using';
  readonly pattern: Pattern;
  readonly initial: Expression | undefined;
}

export type Statement =
  | Block
  | Declare
  | (Span & { readonly kind: 'expression'; readonly expression: Expression })
  | (Span & {
      readonly kind: 'if';
      readonly test: Expression;
      readonly then: Statement;
      readonly otherwise: Statement | undefined;
    })
  | (Span & { readonly kind: 'return'; readonly value: Expression | undefined })
  | Loop
  | ForOf
  | Switch
  | (Span & { readonly kind: 'break' | 'continue' | 'empty' })
  | Refused;
