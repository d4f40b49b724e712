// What the parts of the evaluator ask of each other. Expressions and statements are functions over this; `Core` is it.

import type { Mark } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/types.ts';
import type { Intrinsics, Lowering } from '../lowering.ts';
import type { Outcome, Path, Sides, Site } from '../path.ts';
import type { JoinLevel } from '../paths/mergeable.ts';
import type { Expression, Span } from '../syntax/expression.ts';
import type { FunctionNode } from '../syntax/function.ts';
import type { Statement } from '../syntax/statement.ts';
import type { Range, Value } from '../value.ts';
import type { Names } from './names.ts';

/** The paths on which a condition holds, and those on which it does not. */
export interface Branches {
  readonly then: readonly Path[];
  readonly otherwise: readonly Path[];
}

/** The ways in which a statement is left. */
export interface Completion {
  readonly normal: readonly Path[];
  readonly returns: readonly Outcome[];
  readonly breaks: readonly Path[];
  readonly continues: readonly Path[];
}

export interface Checkpoint {
  readonly program: Mark;
  readonly reported: number;
  readonly inlined: number;
}

/** An additive assignment in a loop, `x += step`, and how far it moves its variable at most. */
export type StepWatch = (node: Expression, step: Range) => void;

export interface Evaluation extends Lowering {
  readonly intrinsics: Intrinsics;
  readonly names: Names;
  /** The function whose body is evaluated now. */
  readonly present: FunctionNode;
  /** Listens to `x += step`, while a loop looks for bounds. */
  watch: StepWatch | undefined;

  evaluate(path: Path, node: Expression): readonly Outcome[];
  condition(path: Path, node: Expression): Branches;
  execute(paths: readonly Path[], statements: readonly Statement[]): Completion;
  inline(path: Path, callee: FunctionNode, operands: readonly Value[], site: Site): readonly Outcome[];

  /** Where a node of the present function stands; instructions that follow belong to it. */
  at(node: Span): Site;
  textOf(node: Span): string;
  joinAt(level: JoinLevel, outcomes: readonly Outcome[]): readonly Outcome[];
  /** Drops variables that nothing behind `offset` uses, joins, and holds the number of paths within its limits. */
  settle(paths: readonly Path[], offset: number, site: Site): readonly Path[];
  branch(path: Path, condition: ValueId): Sides;
  /** A state of the compilation to which a try can go back: instructions, and what was reported. */
  mark(): Checkpoint;
  rollback(checkpoint: Checkpoint): void;
  /** Goes on after what `attempt` could not compile has been reported; `undefined` then. */
  recover<T>(attempt: () => T): T | undefined;
  /** Variables without a value because their declaration could not be compiled: using them is no further error. */
  readonly broken: Set<string>;
}

export const sidesOf = ({ then, otherwise }: Sides): Branches => ({
  then: then === undefined ? [] : [then],
  otherwise: otherwise === undefined ? [] : [otherwise],
});

/** Evaluates `node` on every path and goes on with each value. */
export function each(
  outcomes: readonly Outcome[],
  go: (path: Path, value: Value) => readonly Outcome[],
): readonly Outcome[] {
  return outcomes.flatMap(({ path, value }) => go(path, value));
}
