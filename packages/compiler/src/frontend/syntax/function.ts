import type { Declaration } from './declaration.ts';
import type { Expression, Refused, Span } from './expression.ts';
import type { Block, Pattern } from './statement.ts';

export interface Parameter extends Span {
  readonly pattern: Pattern;
  readonly byDefault: Expression | undefined;
}

export interface FunctionNode extends Span {
  readonly name: string;
  /** Where the module's file lies; whose names are the free names of the body. */
  readonly file: string;
  readonly parameters: readonly Parameter[];
  readonly body: Block;
  /** All variables of the function, parameters included. */
  readonly declarations: readonly Declaration[];
  /** All that the subset lacks, in the order of the text. */
  readonly refused: readonly Refused[];
}

export const isFunctionNode = (declaration: unknown): declaration is FunctionNode =>
  typeof declaration === 'object' && declaration !== null && 'refused' in declaration && 'parameters' in declaration;
