// The state of one compilation: the program under construction, the function being read, and what was found wrong.

import type { FunctionPlan } from '@twinpath/vnf/plan';
import type { ProgramBuilder } from '../../ir/builder.ts';
import { RelocatedNumbers } from '../../ir/relocated.ts';
import type { BlockId, Numbers, Terminator, ValueId } from '../../ir/types.ts';
import type { DiagnosticCode } from '../diagnostics.ts';
import { condition } from '../expressions/condition.ts';
import { evaluate } from '../expressions/evaluate.ts';
import type { Intrinsics, Target } from '../lowering.ts';
import { intersection, point, SIGNED_64 } from '../numbers/range.ts';
import type { Outcome, Path, Sides, Site } from '../path.ts';
import { without, withRange } from '../paths/edit.ts';
import { differences, joinOutcomes, joinPaths } from '../paths/join.ts';
import type { JoinLevel } from '../paths/mergeable.ts';
import { positionOf } from '../report/diagnostic.ts';
import { Failed, type Report } from '../report/report.ts';
import { execute } from '../statements/execute.ts';
import type { Expression, Span } from '../syntax/expression.ts';
import { type FunctionNode, isFunctionNode } from '../syntax/function.ts';
import type { Statement } from '../syntax/statement.ts';
import type { Range, Value } from '../value.ts';
import type { Branches, Checkpoint, Completion, Evaluation, StepWatch } from './evaluation.ts';
import { inline } from './inline.ts';
import type { Names } from './names.ts';
import { Subprograms } from './subprograms.ts';

/** Paths behind a statement: above the first number booleans are forced into registers, above the second it is an error. */
const MANY_PATHS = 16;
const TOO_MANY_PATHS = 64;
const SHOWN_TEXT = 60;

export interface CoreParts {
  readonly builder: ProgramBuilder;
  readonly target: Target;
  readonly plan: FunctionPlan;
  readonly intrinsics: Intrinsics;
  readonly names: Names;
  readonly report: Report;
  readonly subprograms?: Subprograms;
}

export class Core implements Evaluation {
  readonly target: Target;
  readonly plan: FunctionPlan;
  readonly intrinsics: Intrinsics;
  readonly names: Names;
  readonly subprograms: Subprograms;
  readonly broken = new Set<string>();
  watch: StepWatch | undefined;
  #builder: ProgramBuilder;
  readonly #report: Report;
  readonly #numbers = new RelocatedNumbers();
  /** Functions that are being inlined, innermost last. */
  readonly calls: FunctionNode[] = [];

  constructor({ builder, target, plan, intrinsics, names, report, subprograms }: CoreParts) {
    this.#builder = builder;
    this.target = target;
    this.plan = plan;
    this.intrinsics = intrinsics;
    this.names = names;
    this.#report = report;
    this.subprograms = subprograms ?? new Subprograms();
  }

  get builder(): ProgramBuilder {
    return this.#builder;
  }

  /** Compiles into another program. `undefined`: it cannot be compiled there, of which nothing is reported. */
  within<T>(builder: ProgramBuilder, compile: () => T): T | undefined {
    const outer = this.#builder;
    const [reported, errors] = [this.#report.mark(), this.#report.errors.length];
    builder.at = outer.at;
    this.#builder = builder;
    const made = this.recover(compile);
    this.#builder = outer;
    // Statements go on behind what they reported.
    if (made !== undefined && this.#report.errors.length === errors) return made;
    this.#report.rollback(reported);
    return undefined;
  }

  get present(): FunctionNode {
    const present = this.calls.at(-1);
    if (present === undefined) throw new Error('no function is being compiled');
    return present;
  }

  evaluate(path: Path, node: Expression): readonly Outcome[] {
    return evaluate(this, path, node);
  }

  condition(path: Path, node: Expression): Branches {
    return condition(this, path, node);
  }

  execute(paths: readonly Path[], statements: readonly Statement[]): Completion {
    return execute(this, paths, statements);
  }

  inline(path: Path, callee: FunctionNode, operands: readonly Value[], site: Site): readonly Outcome[] {
    return inline(this, path, callee, operands, site);
  }

  callFunction(
    path: Path,
    { declaration }: Extract<Value, { kind: 'function' }>,
    operands: readonly Value[],
    site: Site,
  ): readonly Outcome[] {
    if (!isFunctionNode(declaration)) throw new Error('a function of another front end');
    return this.inline(path, declaration, operands, site);
  }

  at({ start, end }: Span): Site {
    const { file, text } = this.names.moduleOf(this.present);
    const at = { file, ...positionOf(text, start) };
    this.builder.at = at;
    return { at, start, end };
  }

  textOf({ start, end }: Span): string {
    const text = this.names.moduleOf(this.present).text.slice(start, end).replace(/\s+/g, ' ');
    return text.length > SHOWN_TEXT ? `${text.slice(0, SHOWN_TEXT - 1)}…` : text;
  }

  fail(site: Site, code: DiagnosticCode, ...operands: readonly string[]): never {
    this.#report.add(site, code, operands);
    throw new Failed();
  }

  warn(site: Site, code: DiagnosticCode, ...operands: readonly string[]): void {
    this.#report.add(site, code, operands);
  }

  mark(): Checkpoint {
    return { program: this.builder.mark(), reported: this.#report.mark(), inlined: this.subprograms.mark() };
  }

  rollback({ program, reported, inlined }: Checkpoint): void {
    this.builder.rollback(program);
    this.subprograms.rollback(inlined);
    this.#report.rollback(reported);
  }

  get hasFailed(): boolean {
    return this.#report.errors.length > 0;
  }

  recover<T>(attempt: () => T): T | undefined {
    const depth = this.calls.length;
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      this.calls.length = depth;
      return undefined;
    }
  }

  split(path: Path, condition: ValueId, likely?: 'then' | 'otherwise') {
    return this.#branch(path, (sides) => ({
      op: 'branch',
      condition,
      ...sides,
      ...(likely !== undefined && { likely }),
    }));
  }

  splitInPacket(path: Path, pointer: ValueId, size: number) {
    return this.#branch(path, (sides) => ({ op: 'in-packet', pointer, size, epoch: path.epoch, ...sides }));
  }

  #branch(path: Path, end: (sides: { then: BlockId; otherwise: BlockId }) => Terminator) {
    const then = this.builder.block();
    const otherwise = this.builder.block();
    this.builder.terminate(path.block, end({ then, otherwise }));
    return { then: { ...path, block: then }, otherwise: { ...path, block: otherwise } };
  }

  /** Behind the branch the register is known to be 1 or 0. */
  branch(path: Path, condition: ValueId): Sides {
    const known = path.ranges.get(condition);
    if (known?.low === 1n) return { then: path, otherwise: undefined };
    if (known?.high === 0n) return { then: undefined, otherwise: path };
    const { then, otherwise } = this.split(path, condition);
    return { then: withRange(then, condition, point(1n)), otherwise: withRange(otherwise, condition, point(0n)) };
  }

  join(outcomes: readonly Outcome[]): readonly Outcome[] {
    return this.joinAt('normal', outcomes);
  }

  joinAt(level: JoinLevel, outcomes: readonly Outcome[]): readonly Outcome[] {
    return outcomes.length < 2 ? outcomes : joinOutcomes(this, outcomes, level);
  }

  joinPaths(paths: readonly Path[]): readonly Path[] {
    return paths.length < 2 ? paths : joinPaths(this, paths, 'normal');
  }

  settle(paths: readonly Path[], offset: number, site: Site): readonly Path[] {
    const dead = this.present.declarations.filter(({ lastUse }) => lastUse <= offset).map(({ key }) => key);
    let settled = this.joinPaths(paths.map((path) => without(path, dead)));
    if (settled.length > MANY_PATHS) settled = joinPaths(this, settled, 'forced');
    if (settled.length > TOO_MANY_PATHS) this.fail(site, 'TP1051', String(settled.length), this.#apart(settled));
    return settled;
  }

  #apart([first, ...others]: readonly Path[]): string {
    if (first === undefined) return '';
    const keys = new Set(others.flatMap((path) => differences(this.builder, first, path, 'forced')));
    const inOrder = [...first.scope.keys()].filter((key) => keys.has(key));
    return inOrder.map((key) => `'${key.split(' ')[0]}'`).join(', ');
  }

  register(path: Path, value: Value, site: Site): ValueId {
    if (value.kind === 'integer' || value.kind === 'boolean' || value.kind === 'name' || value.kind === 'opaque') {
      return value.id;
    }
    if (value.kind !== 'constant' || typeof value.value === 'string' || value.value === null) {
      throw new Error(`${value.kind} has no register at ${site.at.file}:${site.at.line}`);
    }
    if (typeof value.value === 'number' && !Number.isInteger(value.value)) {
      this.fail(site, 'TP2006', String(value.value));
    }
    return this.constant(path, BigInt(value.value));
  }

  constant(path: Path, value: bigint): ValueId {
    return this.builder.constant(path.block, value);
  }

  relocation(path: Path, kind: string, number: bigint, width: 32 | 64): ValueId {
    return this.builder.relocation(path.block, this.#numbers.nameOf(kind, number), width);
  }

  /** What was relocated, in subprograms as well. */
  get relocated(): Numbers {
    return this.#numbers.all;
  }

  // A property, so that joins can be given it.
  readonly rangeOf = (path: Path, value: Value): Range | undefined => {
    if (value.kind === 'constant') {
      return typeof value.value === 'number' && Number.isInteger(value.value) ? point(BigInt(value.value)) : undefined;
    }
    if (value.kind !== 'integer') return undefined;
    return intersection(value.range, path.ranges.get(value.id) ?? SIGNED_64) ?? value.range;
  };

  integer(id: ValueId, range: Range): Value {
    return { kind: 'integer', id, range };
  }
}
